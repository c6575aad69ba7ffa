package main

import (
	"os"
	"testing"

	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

var certificate drive.Certificate

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "compare")
	if err == nil {
		certificate, err = drive.Trust(folder)
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}
