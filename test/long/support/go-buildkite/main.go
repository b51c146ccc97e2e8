// Asks the rig's REST API by the library that Buildkite publishes and that its CLI is made with; it knows nothing but what
// `gameday rig up` prints. Each argument is a question; each answer is one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/buildkite/go-buildkite/v4"
)

// Answer is one line: what was asked, and the document or what went wrong.
type Answer struct {
	Asked  string `json:"asked"`
	Status int    `json:"status"`
	Value  any    `json:"value"`
	Error  string `json:"error"`
}

func main() {
	client, err := buildkite.NewOpts(
		buildkite.WithBaseURL(os.Getenv("BUILDKITE_REST_API_ENDPOINT")),
		buildkite.WithTokenAuth(os.Getenv("BUILDKITE_API_TOKEN")),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	lines := json.NewEncoder(os.Stdout)
	for _, asked := range os.Args[1:] {
		value, err := ask(client, strings.Split(asked, " "))
		answer := Answer{Asked: asked, Status: 200, Value: value}
		var refused *buildkite.ErrorResponse
		if errors.As(err, &refused) {
			answer.Status = refused.Response.StatusCode
		}
		if err != nil {
			answer.Error = err.Error()
		}
		if err := lines.Encode(answer); err != nil {
			os.Exit(2)
		}
	}
}

func ask(client *buildkite.Client, words []string) (any, error) {
	ctx := context.Background()
	org := os.Getenv("BUILDKITE_ORGANIZATION_SLUG")
	word := func(at int) string {
		if at < len(words) {
			return words[at]
		}
		return ""
	}
	switch words[0] {
	case "token":
		value, _, err := client.AccessTokens.Get(ctx)
		return value, err
	case "organization":
		value, _, err := client.Organizations.Get(ctx, org)
		return value, err
	case "agents":
		value, _, err := client.Agents.List(ctx, org, nil)
		return value, err
	case "agent":
		value, _, err := client.Agents.Get(ctx, org, word(1))
		return value, err
	case "create":
		wish := buildkite.CreateBuild{
			Commit:   "HEAD",
			Branch:   "main",
			Message:  "by the library",
			Env:      map[string]string{"COLOUR": "blue"},
			MetaData: map[string]string{"made-by": "go-buildkite"},
		}
		value, _, err := client.Builds.Create(ctx, org, word(1), wish)
		return value, err
	case "build":
		value, _, err := client.Builds.Get(ctx, org, word(1), word(2), nil)
		return value, err
	case "builds":
		page := buildkite.ListOptions{Page: 1, PerPage: 1}
		options := &buildkite.BuildsListOptions{ListOptions: page, State: words[2:]}
		value, response, err := client.Builds.ListByPipeline(ctx, org, word(1), options)
		if err != nil {
			return nil, err
		}
		return map[string]any{"builds": value, "nextPage": response.NextPage}, nil
	case "cancel":
		return client.Builds.Cancel(ctx, org, word(1), word(2))
	case "rebuild":
		return client.Builds.Rebuild(ctx, org, word(1), word(2))
	}
	return nil, fmt.Errorf("no such question: %s", words[0])
}
