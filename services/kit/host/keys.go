package host

// keysMayHaveChanged is closed from the start for a system: its key was right a moment ago.
func (s *Server) keysMayHaveChanged(c *call) <-chan struct{} {
	if c.principal.Key == "" || s.options.KeysChanged == nil {
		return nil
	}
	changed := make(chan struct{})
	close(changed)
	return changed
}

// keysChanged is closed when a system's stream must be looked at; nil for others.
func (s *Server) keysChanged(c *call) <-chan struct{} {
	if c.principal.Key == "" || s.options.KeysChanged == nil {
		return nil
	}
	return s.options.KeysChanged()
}
