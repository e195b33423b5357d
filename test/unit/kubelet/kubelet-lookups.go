// Prints the logins that the kubelet's own code selects for an image. Reads and writes kubelet-lookups.jsonl, one case per line:
//
//	cd sandbox/tools/kubernetes-1.37 && go run ../../../test/unit/kubelet/kubelet-lookups.go < CASES > LOOKUPS
package main

import (
	"bufio"
	"encoding/json"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
	"k8s.io/kubernetes/pkg/util/parsers"
)

type secret struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Text string `json:"text"`
}

type login struct {
	Secret   string `json:"secret"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type lookup struct {
	Image   string   `json:"image"`
	Secrets []secret `json:"secrets"`
	Logins  []login  `json:"logins"`
	Error   string   `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var asked lookup
		must(json.Unmarshal(lines.Bytes(), &asked))
		asked.Logins, asked.Error = []login{}, ""
		var pulled []v1.Secret
		for _, from := range asked.Secrets {
			key := v1.DockerConfigJsonKey
			if from.Type == string(v1.SecretTypeDockercfg) {
				key = v1.DockerConfigKey
			}
			made := v1.Secret{Type: v1.SecretType(from.Type), Data: map[string][]byte{key: []byte(from.Text)}}
			made.Name = from.Name
			pulled = append(pulled, made)
		}
		repository, _, _, err := parsers.ParseImageName(asked.Image)
		must(err)
		keyring, err := secrets.MakeDockerKeyring(pulled, nil)
		if err != nil {
			asked.Error = err.Error()
		} else if keyring != nil {
			found, _ := keyring.Lookup(repository)
			for _, one := range found {
				asked.Logins = append(asked.Logins, login{one.Source.Secret.Name, one.Username, one.Password})
			}
		}
		must(out.Encode(asked))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
