package graph_test

import (
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/setup"
)

var _ setup.Directory = (*graph.Client)(nil)
