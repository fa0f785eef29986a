// SPDX-License-Identifier: Apache-2.0

package container

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// assembly is where the root is put together. It is a mount of this container's alone, so that all containers use the same place.
const assembly = "/run/container"

// devices are those that a container of any runtime has.
var devices = []string{"null", "zero", "full", "random", "urandom"}

// enterRoot builds the root file system in memory and makes it the only one of this process.
func enterRoot(spec Spec) error {
	// What is mounted from here on stays in this container.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := os.MkdirAll(assembly, 0o700); err != nil {
		return err
	}
	if err := unix.Mount("root", assembly, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount the container's root: %w", err)
	}
	if err := fill(spec); err != nil {
		return err
	}
	if err := os.Chdir(assembly); err != nil {
		return err
	}
	// The new root is put over the old one, which is then taken away: pivot_root(2), "pivot_root(".", ".")".
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount the old root: %w", err)
	}
	if spec.ReadOnly {
		if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("make the root read-only: %w", err)
		}
	}
	dir := spec.Dir
	if dir == "" {
		dir = "/"
	}
	return os.Chdir(dir)
}

// fill puts into the root what the image, the runtime and the pod's volumes have.
func fill(spec Spec) error {
	for _, folder := range []string{"proc", "dev", "etc", "sys"} {
		if err := os.Mkdir(filepath.Join(assembly, folder), 0o755); err != nil { //nolint:gosec // any user of the container may read it
			return err
		}
	}
	if err := unix.Mount("proc", filepath.Join(assembly, "proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, device := range devices {
		if err := bind(Mount{Path: "/dev/" + device, Source: "/dev/" + device}); err != nil {
			return err
		}
	}
	for _, file := range spec.Files {
		if err := bind(Mount{Path: file.Path, Source: file.Source, ReadOnly: true}); err != nil {
			return err
		}
	}
	for _, mount := range spec.Mounts {
		if err := bind(mount); err != nil {
			return err
		}
	}
	return nil
}

func bind(mount Mount) error {
	source, err := filepath.EvalSymlinks(mount.Source)
	if err != nil {
		return fmt.Errorf("mount %s: %w", mount.Path, err)
	}
	target := filepath.Join(assembly, mount.Path)
	if err := place(source, target); err != nil {
		return fmt.Errorf("mount %s: %w", mount.Path, err)
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s at %s: %w", source, mount.Path, err)
	}
	if !mount.ReadOnly {
		return nil
	}
	if err := unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("make %s read-only: %w", mount.Path, err)
	}
	return nil
}

// place makes the file or folder that is mounted over.
func place(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	folder := target
	if !info.IsDir() {
		folder = filepath.Dir(target)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // any user of the container may read it
		return err
	}
	if info.IsDir() {
		return nil
	}
	file, err := os.OpenFile(target, os.O_CREATE, 0o644) //nolint:gosec // any user of the container may read it
	if err != nil {
		return err
	}
	return file.Close()
}
