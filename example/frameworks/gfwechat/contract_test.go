package gfwechat_test

import (
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }
