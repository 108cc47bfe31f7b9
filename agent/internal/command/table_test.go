package command

import (
	"errors"
	"testing"
	"time"
)

// found is what Await says.
type found struct {
	c   *Command
	err error
}

func awaited(t *Table, id string, gone <-chan struct{}) <-chan found {
	answer := make(chan found, 1)
	go func() {
		c, err := t.Await(id, gone)
		answer <- found{c, err}
	}()
	return answer
}

func silent(t *testing.T, answer <-chan found) {
	t.Helper()
	select {
	case got := <-answer:
		t.Fatalf("it did not wait: %v", got)
	case <-time.After(20 * time.Millisecond):
	}
}

func TestAwaitWaitsForAStart(t *testing.T) {
	table := NewTable(Parts{})
	if f := table.reserve("a"); f != nil {
		t.Fatal(f)
	}
	if f := table.reserve("a"); f == nil {
		t.Fatal("the same id was reserved twice")
	}
	answer := awaited(table, "a", nil)
	silent(t, answer)
	c := &Command{ID: "a"}
	table.settle("a", c)
	if got := <-answer; got.c != c || got.err != nil {
		t.Fatalf("got %v", got)
	}
}

func TestAwaitOfAStartThatFails(t *testing.T) {
	table := NewTable(Parts{})
	_ = table.reserve("a")
	answer := awaited(table, "a", nil)
	silent(t, answer)
	table.settle("a", nil)
	if got := <-answer; !errors.Is(got.err, ErrUnknown) {
		t.Fatalf("got %v", got)
	}
	if f := table.reserve("a"); f != nil {
		t.Fatal("the id is not free again")
	}
}

func TestAwaitEndsWithItsCaller(t *testing.T) {
	table := NewTable(Parts{})
	_ = table.reserve("a")
	gone := make(chan struct{})
	answer := awaited(table, "a", gone)
	silent(t, answer)
	close(gone)
	if got := <-answer; !errors.Is(got.err, ErrUnknown) {
		t.Fatalf("got %v", got)
	}
}

func TestNothingStartsForACallerWhoHasGone(t *testing.T) {
	table := NewTable(Parts{})
	gone := make(chan struct{})
	close(gone)
	c, f := table.Start(Request{ID: "a", Argv: []string{"/bin/true"}, Cwd: "/"}, gone)
	if c != nil || f == nil {
		t.Fatalf("it started: %v %v", c, f)
	}
	if _, err := table.Await("a", nil); !errors.Is(err, ErrUnknown) {
		t.Fatalf("something is left of it: %v", err)
	}
}
