// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"context"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimev1 "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
)

// Image is what an image of the same name would hold: a few files, and how to start them.
type Image struct {
	// Name is the last part of the reference, without registry, tag and digest.
	Name       string           `json:"name"`
	Files      []container.File `json:"files"`
	EntryPoint []string         `json:"entry_point"`
	Args       []string         `json:"args"`
	Env        []string         `json:"env"`
	UID        int              `json:"uid"`
	GID        int              `json:"gid"`
}

// id is what the runtime calls the image by. There is one version of each.
func (i Image) id() string {
	return "sha256:" + i.Name
}

// nameOf returns the last part of a reference: registry.example.com:5000/path/name:tag@digest.
func nameOf(reference string) string {
	name, _, _ := strings.Cut(reference, "@")
	name = name[strings.LastIndex(name, "/")+1:]
	name, _, _ = strings.Cut(name, ":")
	return name
}

// images is the store: all images are there from the beginning, and none is ever pulled.
type images struct {
	runtimev1.UnimplementedImageServiceServer
	list []Image
}

func (s *images) find(reference string) (Image, bool) {
	for _, image := range s.list {
		if reference == image.id() || nameOf(reference) == image.Name {
			return image, true
		}
	}
	return Image{}, false
}

func describe(image Image, reference string) *runtimev1.Image {
	size := uint64(1) // it must not be 0
	for _, file := range image.Files {
		if info, err := os.Stat(file.Source); err == nil {
			size += uint64(info.Size()) //nolint:gosec // a file has no negative size
		}
	}
	return &runtimev1.Image{
		Id: image.id(), RepoTags: []string{reference}, Size: size, Pinned: true,
		Uid: &runtimev1.Int64Value{Value: int64(image.UID)},
	}
}

// ListImages implements the interface.
func (s *images) ListImages(context.Context, *runtimev1.ListImagesRequest) (*runtimev1.ListImagesResponse, error) {
	var out runtimev1.ListImagesResponse
	for _, image := range s.list {
		out.Images = append(out.Images, describe(image, image.Name))
	}
	return &out, nil
}

// ImageStatus implements the interface.
func (s *images) ImageStatus(_ context.Context, request *runtimev1.ImageStatusRequest) (*runtimev1.ImageStatusResponse, error) {
	reference := request.GetImage().GetImage()
	image, found := s.find(reference)
	if !found {
		return &runtimev1.ImageStatusResponse{}, nil
	}
	return &runtimev1.ImageStatusResponse{Image: describe(image, reference)}, nil
}

// PullImage implements the interface. There is nowhere to pull from.
func (s *images) PullImage(_ context.Context, request *runtimev1.PullImageRequest) (*runtimev1.PullImageResponse, error) {
	reference := request.GetImage().GetImage()
	image, found := s.find(reference)
	if !found {
		var names []string
		for _, known := range s.list {
			names = append(names, known.Name)
		}
		return nil, status.Errorf(codes.NotFound, "image %q is not there; want one named %s", reference, strings.Join(names, ", "))
	}
	return &runtimev1.PullImageResponse{ImageRef: image.id()}, nil
}

// ImageFsInfo implements the interface. Images take no space of their own.
func (s *images) ImageFsInfo(context.Context, *runtimev1.ImageFsInfoRequest) (*runtimev1.ImageFsInfoResponse, error) {
	usage := []*runtimev1.FilesystemUsage{{
		Timestamp:  time.Now().UnixNano(),
		FsId:       &runtimev1.FilesystemIdentifier{Mountpoint: "/var/lib"},
		UsedBytes:  &runtimev1.UInt64Value{},
		InodesUsed: &runtimev1.UInt64Value{},
	}}
	return &runtimev1.ImageFsInfoResponse{ImageFilesystems: usage, ContainerFilesystems: usage}, nil
}
