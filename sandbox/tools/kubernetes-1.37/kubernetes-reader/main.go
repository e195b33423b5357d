// kubernetes-reader prints how Kubernetes and kubectl read texts. Each line of its input is a case in JSON, and each line of its output is
// the answer to it. A text that Kubernetes refuses has the answer {"error": TEXT}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-logr/logr"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"
	"k8s.io/kubernetes/pkg/util/parsers"
)

// input is a case. Kind selects the reader, which uses some of the other fields.
type input struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	// Files of a kubeconfig, and the values of kubectl's flags.
	Texts   []string `json:"texts"`
	Context string   `json:"context"`
	Cluster string   `json:"cluster"`
	// A schedule runs after this time.
	After time.Time `json:"after"`
	// An image, and the pull secrets of its pod.
	Image   string `json:"image"`
	Secrets []struct {
		Name string `json:"name"`
		Type string `json:"type"`
		Text string `json:"text"`
	} `json:"secrets"`
}

type answer map[string]any

var readers = map[string]func(input) (answer, error){
	"keyring":    readKeyring,
	"image":      readImage,
	"kubeconfig": readKubeconfig,
	"selector":   readSelector,
	"cron":       readCron,
	"yaml":       readYAML,
}

func main() {
	klog.SetLogger(logr.Discard())
	lines := bufio.NewReader(os.Stdin)
	written := bufio.NewWriter(os.Stdout)
	out := json.NewEncoder(written)
	out.SetEscapeHTML(false)
	for {
		line, end := lines.ReadBytes('\n')
		if len(line) > 0 {
			var asked input
			must(json.Unmarshal(line, &asked))
			read, known := readers[asked.Kind]
			if !known {
				must(fmt.Errorf("%q is not a kind of case", asked.Kind))
			}
			found, err := read(asked)
			if err != nil {
				found = answer{"error": err.Error()}
			}
			must(out.Encode(found))
		}
		if end == io.EOF {
			break
		}
		must(end)
	}
	must(written.Flush())
}

// readKeyring returns the logins that the kubelet tries for an image, in its order.
func readKeyring(asked input) (answer, error) {
	repository, _, _, err := parsers.ParseImageName(asked.Image)
	if err != nil {
		return nil, err
	}
	var pulled []v1.Secret
	for _, from := range asked.Secrets {
		key := v1.DockerConfigJsonKey
		if from.Type == string(v1.SecretTypeDockercfg) {
			key = v1.DockerConfigKey
		}
		secret := v1.Secret{Type: v1.SecretType(from.Type), Data: map[string][]byte{key: []byte(from.Text)}}
		secret.Name = from.Name
		pulled = append(pulled, secret)
	}
	logins := []answer{}
	keyring, err := secrets.MakeDockerKeyring(pulled, nil)
	if err != nil || keyring == nil {
		return answer{"logins": logins}, err
	}
	found, _ := keyring.Lookup(repository)
	for _, one := range found {
		logins = append(logins, answer{"secret": one.Source.Secret.Name, "username": one.Username, "password": one.Password})
	}
	return answer{"logins": logins}, nil
}

// readImage returns the parts of an image's name, as the kubelet reads them.
func readImage(asked input) (answer, error) {
	repository, tag, digest, err := parsers.ParseImageName(asked.Text)
	return answer{"repository": repository, "tag": tag, "digest": digest}, err
}

// readKubeconfig returns the current context, the namespace that kubectl uses with these flags, and whether it may ask the user to sign in.
func readKubeconfig(asked input) (answer, error) {
	folder, err := os.MkdirTemp("", "kubernetes-reader-")
	must(err)
	defer os.RemoveAll(folder)
	var files []string
	for at, text := range asked.Texts {
		file := filepath.Join(folder, fmt.Sprint(at))
		must(os.WriteFile(file, []byte(text), 0o600))
		files = append(files, file)
	}
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: files}
	config, err := rules.Load()
	if err != nil {
		return nil, err
	}
	found := answer{"current": config.CurrentContext}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: asked.Context, Context: clientcmdapi.Context{Cluster: asked.Cluster}}
	selected := clientcmd.NewNonInteractiveClientConfig(*config, "", overrides, rules)
	if namespace, _, err := selected.Namespace(); err == nil {
		found["namespace"] = namespace
	}
	if client, err := selected.ClientConfig(); err == nil {
		found["server"], found["asks"] = client.Host, client.ExecProvider != nil || client.AuthProvider != nil
	}
	return found, nil
}

// readSelector returns nothing: the API server parses a label selector in the same way.
func readSelector(asked input) (answer, error) {
	_, err := labels.Parse(asked.Text)
	return answer{}, err
}

// readCron returns the next run of a CronJob, by the function with which the API server checks and the controller reads its schedule.
func readCron(asked input) (answer, error) {
	if strings.Contains(asked.Text, "TZ") {
		return nil, fmt.Errorf("cannot use TZ or CRON_TZ in schedule")
	}
	schedule, err := parsers.ParseCronScheduleWithPanicRecovery(asked.Text)
	if err != nil {
		return nil, err
	}
	next := schedule.Next(asked.After.UTC())
	if next.IsZero() {
		return answer{"next": nil}, nil
	}
	return answer{"next": next}, nil
}

// readYAML returns the documents that kubectl reads from a manifest.
func readYAML(asked input) (answer, error) {
	documents := []json.RawMessage{}
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(asked.Text), 4096)
	for {
		var document json.RawMessage
		err := decoder.Decode(&document)
		if err == io.EOF {
			return answer{"documents": documents}, nil
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
