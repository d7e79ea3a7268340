package sight

import policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"

// Set is a set of data classes.
type Set uint32

// All holds every class, also those that this version does not know.
const All = ^Set(0)

// Of is the set of some classes.
func Of(list ...policyv1.DataClass) Set {
	var s Set
	for _, class := range list {
		s |= 1 << uint(class)
	}
	return s
}

// Has tells whether a class is in the set.
func (s Set) Has(class policyv1.DataClass) bool { return s&Of(class) != 0 }

// Classes are those of the set, in the order of their numbers.
func (s Set) Classes() []policyv1.DataClass {
	var list []policyv1.DataClass
	for class := policyv1.DataClass(1); class < classes; class++ {
		if s.Has(class) {
			list = append(list, class)
		}
	}
	return list
}
