package stats

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// processes is a /proc that shows the sandbox's processes and no others: what there is where no cgroup tells. Roughly
// right: a process that ended unseen by its parent takes its CPU time with it, and shared pages count for each.
type processes string

// tick is the unit of times in /proc, the same on all machines.
const tick = 10 * time.Millisecond

// cpu is the time of all that live, and of the ended ones that they waited for.
func (p processes) cpu() (used time.Duration) {
	p.each("stat", func(f []string) { used += time.Duration(sum(f, 11, 12, 13, 14)) * tick })
	return used
}

func (p processes) threads() (n uint64) {
	p.each("stat", func(f []string) { n += sum(f, 17) })
	return n
}

// memory is resident and of no file.
func (p processes) memory() (bytes uint64) {
	p.each("statm", func(f []string) {
		if all, files := sum(f, 1), sum(f, 2); all > files {
			bytes += (all - files) * uint64(os.Getpagesize())
		}
	})
	return bytes
}

// each hands out the fields of every process's file; of stat those behind the name, which may hold blanks.
func (p processes) each(file string, visit func(fields []string)) {
	all, _ := os.ReadDir(string(p))
	for _, entry := range all {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		raw, err := os.ReadFile(string(p) + "/" + entry.Name() + "/" + file)
		if err == nil {
			text := string(raw)
			visit(strings.Fields(text[strings.LastIndexByte(text, ')')+1:]))
		}
	}
}

func sum(fields []string, places ...int) (total uint64) {
	for _, i := range places {
		if i < len(fields) {
			n, _ := strconv.ParseUint(fields[i], 10, 64)
			total += n
		}
	}
	return total
}
