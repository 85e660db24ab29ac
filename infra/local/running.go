package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/train-d/train-d/infra/postgres"
)

// Running finds the system that runs from the settings' folder.
func Running(settings Settings) (Info, error) {
	var info Info
	text, err := os.ReadFile(filepath.Join(settings.Dir, "system.json"))
	if err != nil {
		return info, fmt.Errorf("find the running system: %w", err)
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return info, fmt.Errorf("read system.json: %w", err)
	}
	// What a killed system left behind describes nothing: the lock tells.
	state, err := openFolder(settings.Dir)
	if err == nil {
		return info, errors.Join(errors.New("system.json is left over from a system that was killed"), state.close())
	}
	return info, nil
}

// Clean forgets everything that the local system keeps.
func Clean(settings Settings) error {
	state, err := openFolder(settings.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = state.close() }()
	if err := postgres.Remove(state.file("postgres")); err != nil {
		return fmt.Errorf("forget the database: %w", err)
	}
	if err := os.RemoveAll(settings.Dir); err != nil {
		return fmt.Errorf("forget %s: %w", settings.Dir, err)
	}
	return nil
}
