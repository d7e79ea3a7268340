package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// dataSync puts a file's contents and length on disk, not its times.
func dataSync(file *os.File) error {
	for {
		err := syscall.Fdatasync(int(file.Fd()))
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync "+file.Name(), err)
		}
	}
}

// The file systems that write a file's data before a rename over another file
// counts, by their numbers in statfs(2). tmpfs survives no power cut anyway.
var orderedRename = map[uint32]string{0xEF53: "ext4", 0x9123683E: "btrfs", 0x2FC12FC1: "zfs", 0x01021994: "tmpfs"}

// groupCommitUnfit says why the file system at dir cannot have a group commit;
// empty means that it can. The server compacts a block by renaming a file over
// it that it has not synced. On a file system that may carry out the rename
// before the data, a power cut then empties a block that was durable. With
// "sync always" the server syncs before the rename.
func groupCommitUnfit(dir string) string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return fmt.Sprintf("the file system at %s does not tell what it is: %v", dir, err)
	}
	name, ordered := orderedRename[uint32(stat.Type)]
	if !ordered {
		return fmt.Sprintf("the file system at %s (type %#x) may carry out a rename before the data", dir, stat.Type)
	}
	if name != "ext4" {
		return ""
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return fmt.Sprintf("the mount options of %s cannot be read: %v", dir, err)
	}
	return unfitMount(dir, string(mounts))
}

// unfitMount looks for the mount options that take ext4's order away. The line
// of the deepest mount point above dir counts (proc_pid_mountinfo(5)).
func unfitMount(dir, mounts string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err.Error()
	}
	deepest, found := -1, ""
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 10 {
			continue
		}
		point := unescape(fields[4])
		inside := point == "/" || dir == point || strings.HasPrefix(dir, point+"/")
		if inside && len(point) >= deepest {
			deepest, found = len(point), fields[len(fields)-1]
		}
	}
	options := strings.Split(found, ",")
	for _, unfit := range []string{"noauto_da_alloc", "data=writeback"} {
		if slices.Contains(options, unfit) {
			return fmt.Sprintf("%s is mounted with %s", dir, unfit)
		}
	}
	return ""
}

// unescape reads the octal escapes of mountinfo, such as \040 for a space.
func unescape(field string) string {
	parts := strings.Split(field, `\`)
	for i, part := range parts[1:] {
		if len(part) < 3 {
			continue
		}
		if code, err := strconv.ParseUint(part[:3], 8, 8); err == nil {
			parts[i+1] = string(rune(code)) + part[3:]
		}
	}
	return strings.Join(parts, "")
}

// lockDir keeps a second process out of the directory until the file is closed.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "LOCK"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("embedded: lock the directory of the log: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("embedded: %s is in use by another process; stop that first: %w", dir, err)
	}
	return file, nil
}
