// tls-door ADDRESS SOCKET FOLDER: TLS in front of a unix socket that wants a certificate of its clients, by Go's own rules, as dockerd does it.
// FOLDER has ca.pem, server-cert.pem and server-key.pem.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
)

func main() {
	address, socket, folder := os.Args[1], os.Args[2], os.Args[3]
	certificate, err := tls.LoadX509KeyPair(filepath.Join(folder, "server-cert.pem"), filepath.Join(folder, "server-key.pem"))
	check(err)
	authority, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	check(err)
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(authority)
	door, err := tls.Listen("tcp", address, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
	})
	check(err)
	for {
		client, err := door.Accept()
		check(err)
		go pass(client.(*tls.Conn), socket)
	}
}

func pass(client *tls.Conn, socket string) {
	defer client.Close()
	if client.Handshake() != nil {
		return
	}
	engine, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer engine.Close()
	over := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{client, engine}, {engine, client}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			over <- struct{}{}
		}()
	}
	<-over
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
