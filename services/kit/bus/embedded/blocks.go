package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// storeFiles syncs the files of the streams below root.
type storeFiles struct {
	root   string
	synced func(path string, length int64)
	// data syncs a file's contents and length, all also the rest of it. Fields
	// so that a test can let a disk fail.
	data, all func(*os.File) error
	streams   map[string]*blockFiles
}

func newStoreFiles(root string, synced func(string, int64)) *storeFiles {
	return &storeFiles{root: root, synced: synced, data: dataSync, all: (*os.File).Sync, streams: make(map[string]*blockFiles)}
}

// syncRound syncs all that a round waits for, the streams beside each other.
func (f *storeFiles) syncRound(r *round) error {
	for name := range r.tree {
		if err := f.syncTree(filepath.Join(f.root, name)); err != nil {
			return err
		}
		f.forget(name)
	}
	if len(r.want) == 1 {
		for name := range r.want {
			return f.stream(name).sync()
		}
	}
	errs := make(chan error, len(r.want))
	var syncing sync.WaitGroup
	for name := range r.want {
		stream := f.stream(name)
		syncing.Go(func() { errs <- stream.sync() })
	}
	syncing.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

func (f *storeFiles) stream(name string) *blockFiles {
	s, known := f.streams[name]
	if !known {
		s = &blockFiles{files: f, dir: filepath.Join(f.root, name, "msgs")}
		f.streams[name] = s
	}
	return s
}

func (f *storeFiles) forget(name string) {
	for stream, files := range f.streams {
		if name == "" || name == stream {
			files.close()
			delete(f.streams, stream)
		}
	}
}

func (f *storeFiles) close() { f.forget("") }

// syncTree syncs every file and folder at and below path, and the folder above.
// What the server removes meanwhile is passed over.
func (f *storeFiles) syncTree(path string) error {
	err := filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = f.syncPath(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.syncPath(filepath.Dir(path))
}

func (f *storeFiles) syncPath(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := f.all(file); err != nil {
		return err
	}
	if !info.IsDir() {
		f.synced(path, info.Size())
	}
	return nil
}

// blockFiles is the end of one stream: the block that the server appends to.
type blockFiles struct {
	files *storeFiles
	dir   string

	folder *os.File
	block  *os.File
	info   os.FileInfo // of block when it was opened
	number uint64
}

// sync puts on disk what was in the stream's blocks when it was called.
//
// Looking for the next block comes before syncing this one: once the next is
// there, this one is complete, and while it is not there, this one holds all.
func (s *blockFiles) sync() error {
	if s.block == nil {
		if err := s.scan(); err != nil {
			return err
		}
	}
	newName := false
	for {
		replaced, err := s.reopenIfReplaced()
		if err != nil {
			return err
		}
		next, err := s.hasNext()
		if err != nil {
			return err
		}
		if err := s.syncBlock(); err != nil {
			return err
		}
		newName = newName || replaced || next
		if !next {
			break
		}
		if err := s.open(s.number + 1); err != nil {
			return err
		}
	}
	if newName {
		return s.files.all(s.folder)
	}
	return nil
}

// scan syncs the whole folder and opens its last block.
func (s *blockFiles) scan() error {
	s.close()
	folder, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("open the folder of a stream: %w", err)
	}
	s.folder = folder
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("list the blocks of a stream: %w", err)
	}
	last := uint64(0)
	for _, entry := range entries {
		name, isBlock := strings.CutSuffix(entry.Name(), ".blk")
		number, err := strconv.ParseUint(name, 10, 32)
		if isBlock && err == nil {
			last = max(last, number)
		}
	}
	if last == 0 {
		return fmt.Errorf("%s holds no block", s.dir)
	}
	if err := s.files.syncTree(s.dir); err != nil {
		return err
	}
	return s.open(last)
}

// reopenIfReplaced opens the block again when the server has renamed another
// file over it, and tells so. A block that is gone means a new start.
func (s *blockFiles) reopenIfReplaced() (bool, error) {
	info, err := os.Stat(s.path(s.number))
	if errors.Is(err, fs.ErrNotExist) {
		return true, s.scan()
	}
	if err != nil {
		return false, err
	}
	if os.SameFile(info, s.info) {
		return false, nil
	}
	return true, s.open(s.number)
}

func (s *blockFiles) hasNext() (bool, error) {
	_, err := os.Stat(s.path(s.number + 1))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (s *blockFiles) syncBlock() error {
	info, err := s.block.Stat()
	if err != nil {
		return err
	}
	if err := s.files.data(s.block); err != nil {
		return err
	}
	s.files.synced(s.path(s.number), info.Size())
	return nil
}

func (s *blockFiles) open(number uint64) error {
	block, err := os.OpenFile(s.path(number), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open block %d: %w", number, err)
	}
	if s.block != nil {
		_ = s.block.Close()
	}
	s.block, s.number = block, number
	s.info, err = block.Stat()
	return err
}

func (s *blockFiles) path(number uint64) string {
	return filepath.Join(s.dir, strconv.FormatUint(number, 10)+".blk")
}

func (s *blockFiles) close() {
	for _, file := range []*os.File{s.block, s.folder} {
		if file != nil {
			_ = file.Close()
		}
	}
	s.block, s.folder = nil, nil
}
