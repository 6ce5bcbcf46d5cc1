package main

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// imageUser is who the image runs as.
const imageUser = 65532

// image lays out what the Dockerfile copies into its last stage, and a cloud.
func image(t *testing.T) (root string) {
	t.Helper()
	root, err := os.MkdirTemp("/tmp", "consentry-image-") // whose parents anybody may pass, unlike the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	data := filepath.Join(root, "data")
	cloud, err := os.ReadFile(cloudFileNamed(t, "lab"))
	for _, step := range []func() error{
		func() error { return err },
		func() error { return os.Chmod(root, 0o755) },
		func() error { return exec.Command("cp", forProduction(t), filepath.Join(root, "consentry")).Run() },
		func() error { return os.Chmod(filepath.Join(root, "consentry"), 0o755) },
		func() error { return os.Mkdir(data, 0o700) },
		func() error { return os.Chown(data, imageUser, imageUser) },
		func() error { return os.WriteFile(filepath.Join(root, "cloud.json"), cloud, 0o644) },
		func() error { return os.Chmod(filepath.Join(root, "cloud.json"), 0o644) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// filesIn gives the paths below a folder.
func filesIn(t *testing.T, root string) (paths map[string]fs.FileMode) {
	t.Helper()
	paths = map[string]fs.FileMode{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		paths[path] = info.Mode()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// A folder with the image's files alone stands in for a container: no shell,
// no library, no account, no /tmp, and nothing but /data to write to.
func TestTheBinaryServesWithNothingAroundIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give a process another root folder and another user")
	}
	t.Parallel()
	root := image(t)
	before := filesIn(t, root)
	cmd := exec.Command("/consentry", "serve", "--listen", "127.0.0.1:0", "--cloud", "/cloud.json", "--client-id", "11111111-2222-3333-4444-555555555555",
		"--data", "/data/db", "--key-file", "/data/key")
	cmd.Dir, cmd.Env = "/", []string{"HOME=/data", "TMPDIR=/data"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: imageUser, Gid: imageUser}}
	b := &bed{t: t, dir: t.TempDir()}
	s := b.running(cmd)
	for _, path := range []string{"/healthz", "/readyz", "/"} {
		if got := s.get(path, nil); got.StatusCode != http.StatusOK {
			t.Errorf("%s is answered %d", path, got.StatusCode)
		}
	}
	s.stop()
	after := filesIn(t, root)
	for path, mode := range after {
		_, was := before[path]
		inData := strings.HasPrefix(path, filepath.Join(root, "data"))
		switch {
		case !was && !inData:
			t.Errorf("%s was written", path)
		case inData && mode.Perm()&0o077 != 0:
			t.Errorf("%s is open to others: %v", path, mode)
		}
	}
	if len(after) <= len(before) {
		t.Error("nothing was kept in /data")
	}
}
