package embedded

import "testing"

func TestUnfitMount(t *testing.T) {
	const mounts = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
30 22 254:1 / /data rw,relatime shared:1 - ext4 /dev/vdb rw,data=writeback
31 30 254:2 / /data/with\040space rw - ext4 /dev/vdc rw,noauto_da_alloc,errors=remount-ro
32 22 254:3 / /database rw - ext4 /dev/vdd rw
short line
`
	for dir, want := range map[string]string{
		"/var/lib/hub":          "",
		"/data/hub":             "/data/hub is mounted with data=writeback",
		"/data":                 "/data is mounted with data=writeback",
		"/data/with space/hub":  "/data/with space/hub is mounted with noauto_da_alloc",
		"/data/with spaces/hub": "/data/with spaces/hub is mounted with data=writeback",
		"/database/hub":         "",
	} {
		if got := unfitMount(dir, mounts); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}

func TestUnfitFileSystem(t *testing.T) {
	if got := groupCommitUnfit("/proc"); got == "" {
		t.Error("/proc was found fit to keep the log")
	}
	if got := groupCommitUnfit("/no/such/directory"); got == "" {
		t.Error("a directory that is not there was found fit")
	}
}
