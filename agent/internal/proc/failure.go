// Package proc starts processes, collects every child of PID 1, and says truly why a start failed.
package proc

// Reason is why a command did not start, as the protocol names it.
type Reason string

// The reasons.
const (
	NotFound      Reason = "not_found"
	NotExecutable Reason = "not_executable"
	BadCwd        Reason = "bad_cwd"
	BadUser       Reason = "bad_user"
	NoResources   Reason = "no_resources"
	Duplicate     Reason = "duplicate"
	Invalid       Reason = "invalid"
)

// Failure is the F frame's payload.
type Failure struct {
	Reason   Reason `json:"reason"`
	Message  string `json:"message"`
	ExitCode int    `json:"exit_code,omitempty"`
}

func (f *Failure) Error() string { return f.Message }

// Fail makes a Failure with the exit code that a shell would give.
func Fail(reason Reason, message string) *Failure {
	f := &Failure{Reason: reason, Message: message}
	switch reason {
	case NotFound:
		f.ExitCode = 127
	case NotExecutable, NoResources:
		f.ExitCode = 126
	}
	return f
}
