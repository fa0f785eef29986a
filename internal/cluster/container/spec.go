// SPDX-License-Identifier: Apache-2.0

// Package container starts one process the way a pod's manifest asks for: in the pod's network, with a root file system of
// its own, the volumes of the pod and no more rights than it is given.
//
// There are two sides. The runtime calls [Start] with a [Spec]. That runs this program again, in new namespaces, as the first
// process of the container. There [Enter] builds the root file system, gives up what the Spec does not grant, and becomes the
// container's own program:
//
//	runtime --Spec over a pipe--> this program, "container" --exec--> the program of the image
//
// What a full runtime has and this one lacks: control groups (so limits of memory and CPU do not act), seccomp and user namespaces.
package container

// Spec is all that a container's first process needs to know.
type Spec struct {
	// Network is the path of the network namespace of the pod.
	Network  string   `json:"network"`
	Hostname string   `json:"hostname"`
	Files    []File   `json:"files"`
	Mounts   []Mount  `json:"mounts"`
	Args     []string `json:"args"`
	Env      []string `json:"env"`
	Dir      string   `json:"dir"`
	UID      int      `json:"uid"`
	GID      int      `json:"gid"`
	Groups   []int    `json:"groups"`
	// ReadOnly makes everything read-only that is not a mount.
	ReadOnly bool `json:"read_only"`
	// DropAll takes all capabilities away, also from root.
	DropAll    bool `json:"drop_all"`
	NoNewPrivs bool `json:"no_new_privs"`
}

// File is a file of the image: what the container sees at Path is the machine's Source, read-only.
type File struct {
	Path   string `json:"path"`
	Source string `json:"source"`
}

// Mount is a volume: what the container sees at Path is the machine's Source, a file or a folder.
type Mount struct {
	Path     string `json:"path"`
	Source   string `json:"source"`
	ReadOnly bool   `json:"read_only"`
}
