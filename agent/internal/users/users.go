// Package users turns an image's USER ("name", "uid", "name:group", "uid:gid") into ids, by the sandbox's own
// /etc/passwd and /etc/group, with the rules that container engines follow.
package users

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// User is who acts. Name and Home are never empty.
type User struct {
	UID, GID   uint32
	Groups     []uint32 // supplementary, GID included
	Name, Home string
}

// ErrUnknown is a name that neither file knows, or a number out of range.
var ErrUnknown = errors.New("no such user")

// DB finds users in two files, read again whenever they change.
type DB struct {
	passwd, group cachedFile
}

// New makes a DB; production uses /etc/passwd and /etc/group.
func New(passwd, group string) *DB {
	return &DB{passwd: cachedFile{path: passwd}, group: cachedFile{path: group}}
}

// Lookup resolves spec; empty is root.
func (db *DB) Lookup(spec string) (User, error) {
	name, group, explicit := strings.Cut(spec, ":")
	if name == "" {
		name = "0"
	}
	if strings.ContainsAny(spec, "\x00\n") || explicit && group == "" {
		return User{}, fmt.Errorf("%w: %q", ErrUnknown, spec)
	}
	u := User{Home: "/"}
	entry, found := findPasswd(db.passwd.lines(), name)
	if found {
		u.UID, u.GID, u.Name = entry.uid, entry.gid, entry.name
		if strings.HasPrefix(entry.home, "/") {
			u.Home = entry.home
		}
	} else {
		id, ok := number(name)
		if !ok {
			return User{}, fmt.Errorf("%w: %q is not in /etc/passwd", ErrUnknown, name)
		}
		u.UID, u.Name = id, name
		if id == 0 {
			u.Name = "root"
		}
	}
	groups := db.group.lines()
	if explicit {
		gid, ok := findGroup(groups, group)
		if !ok {
			return User{}, fmt.Errorf("%w: group %q is not in /etc/group", ErrUnknown, group)
		}
		// As engines do it: supplementary groups only belong to the form without a group.
		u.GID, u.Groups = gid, []uint32{gid}
		return u, nil
	}
	u.Groups = []uint32{u.GID}
	if found {
		u.Groups = append(u.Groups, memberships(groups, u.Name, u.GID)...)
	}
	return u, nil
}

// Names maps ids to names, for listings.
func (db *DB) Names() (owners, groups map[uint32]string) {
	owners, groups = map[uint32]string{}, map[uint32]string{}
	for _, line := range db.passwd.lines() {
		if e, ok := parsePasswd(line); ok {
			if _, taken := owners[e.uid]; !taken {
				owners[e.uid] = e.name
			}
		}
	}
	for _, line := range db.group.lines() {
		if name, gid, _, ok := parseGroup(line); ok {
			if _, taken := groups[gid]; !taken {
				groups[gid] = name
			}
		}
	}
	return owners, groups
}

type passwdEntry struct {
	name, home string
	uid, gid   uint32
}

func parsePasswd(line string) (passwdEntry, bool) {
	f := strings.Split(line, ":")
	if len(f) < 4 || f[0] == "" || strings.HasPrefix(f[0], "#") {
		return passwdEntry{}, false
	}
	uid, ok1 := number(f[2])
	gid, ok2 := number(f[3])
	e := passwdEntry{name: f[0], uid: uid, gid: gid}
	if len(f) > 5 {
		e.home = f[5]
	}
	return e, ok1 && ok2
}

// findPasswd prefers a name to a number: a user may be called 1000.
func findPasswd(lines []string, who string) (passwdEntry, bool) {
	id, numeric := number(who)
	var byID passwdEntry
	found := false
	for _, line := range lines {
		e, ok := parsePasswd(line)
		if !ok {
			continue
		}
		if e.name == who {
			return e, true
		}
		if numeric && !found && e.uid == id {
			byID, found = e, true
		}
	}
	return byID, found
}

func parseGroup(line string) (name string, gid uint32, members string, ok bool) {
	f := strings.Split(line, ":")
	if len(f) < 3 || f[0] == "" || strings.HasPrefix(f[0], "#") {
		return "", 0, "", false
	}
	gid, ok = number(f[2])
	if len(f) > 3 {
		members = f[3]
	}
	return f[0], gid, members, ok
}

func findGroup(lines []string, which string) (uint32, bool) {
	for _, line := range lines {
		if name, gid, _, ok := parseGroup(line); ok && name == which {
			return gid, true
		}
	}
	return number(which)
}

// maxGroups is the kernel's NGROUPS_MAX.
const maxGroups = 65536

func memberships(lines []string, user string, primary uint32) []uint32 {
	var out []uint32
	for _, line := range lines {
		_, gid, members, ok := parseGroup(line)
		if ok && gid != primary && slices.Contains(strings.Split(members, ","), user) && !slices.Contains(out, gid) && len(out) < maxGroups-1 {
			out = append(out, gid)
		}
	}
	return out
}

// number accepts what engines accept: 0 to 2^31-1.
func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return uint32(n), err == nil && s[0] != '+'
}
