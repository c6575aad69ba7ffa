package room

import "testing"

func TestRoom(t *testing.T) {
	for n := -1; n < 9; n++ {
		if Tested(n) != (n == 1 || n == 2 || n == 3) {
			t.Error(n)
		}
	}
	if Sum(4) != 6 {
		t.Error(Sum(4))
	}
}
