package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/consentry/consentry/entra"
)

// cloudOf reads --cloud: "public", or a JSON file with the base URLs, such as
// the line that "consentry sandbox" prints.
func cloudOf(name string) (entra.Cloud, error) {
	if name == "public" {
		return entra.Public(), nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return entra.Cloud{}, fmt.Errorf("--cloud %s: give public, sandbox, or a JSON file with the base URLs: %w", name, err)
	}
	c, err := entra.ParseCloud(data)
	if err != nil {
		return entra.Cloud{}, fmt.Errorf("--cloud %s: %w", name, err)
	}
	return c, nil
}

// dataFolder is the folder given, or the person's own for this cloud.
func dataFolder(given string, cloud entra.Cloud) (string, error) {
	if given != "" {
		return given, nil
	}
	base, err := dataHome()
	return filepath.Join(base, "consentry", cloud.Name), err
}

// database is the file in a data folder.
func database(folder string) string { return filepath.Join(folder, "consentry.db") }

// dataHome is the person's data folder by the XDG rules.
func dataHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("--data is not given and there is no home folder: %w", err)
	}
	return filepath.Join(home, ".local", "share"), nil
}

// version is the module's version or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}
