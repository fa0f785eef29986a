// SPDX-License-Identifier: Apache-2.0

package play

// What is read of the objects of Kubernetes.

type metadata struct {
	Name string `json:"name"`
}

type pod struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		NodeName string `json:"nodeName"`
	} `json:"spec"`
	Status struct {
		Phase             string            `json:"phase"`
		Conditions        []condition       `json:"conditions"`
		ContainerStatuses []containerStatus `json:"containerStatuses"`
	} `json:"status"`
}

type containerStatus struct {
	RestartCount int `json:"restartCount"`
	State        struct {
		Terminated *struct {
			ExitCode int    `json:"exitCode"`
			Reason   string `json:"reason"`
		} `json:"terminated"`
	} `json:"state"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type job struct {
	Status struct {
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

type list[T any] struct {
	Items []T `json:"items"`
}

// holds returns the condition of a type, if it is true.
func holds(conditions []condition, kind string) (condition, bool) {
	for _, c := range conditions {
		if c.Type == kind && c.Status == "True" {
			return c, true
		}
	}
	return condition{}, false
}
