import { expect, test } from "vitest";
import * as yaml from "yaml";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";
import { differ } from "../../support/manifests/differ.ts";
import { shapes } from "../../support/manifests/shapes.ts";

const list = (key: number, dash: number) => [`${" ".repeat(key)}imagePullSecrets:`, `${" ".repeat(dash)}- name: acr`];

/** The lines that attach adds to each shape, or changes in it. */
const added: Readonly<Record<string, readonly string[]>> = {
  "a Deployment as the pages of Kubernetes have it": [...list(6, 6)],
  "a Deployment as kubectl create prints it": [...list(6, 6)],
  "a Pod": [...list(2, 4)],
  "a StatefulSet with claims": [...list(6, 6)],
  "a DaemonSet with tolerations": [...list(6, 6)],
  "a CronJob, whose template is in a template": [...list(10, 10)],
  "a Job whose name the server makes": [...list(6, 8)],
  "a ReplicaSet": [...list(6, 6)],
  "a ReplicationController": [...list(12, 16)],
  "a ServiceAccount": [...list(0, 0)],
  "a ServiceAccount whose kind comes last, on a line without an end": [...list(0, 0)],
  "a ServiceAccount in braces on one line": [
    "{apiVersion: v1, imagePullSecrets: [{name: acr}], kind: ServiceAccount, metadata: {name: braces}}",
  ],
  "a ServiceAccount with secrets and comments": [...list(0, 2)],
  "a ServiceAccount between others that are not meant": [...list(0, 0)],
  "comments everywhere": [...list(6, 6)],
  "comments at another indentation than what they stand above": [...list(6, 6)],
  "a list that is commented out": [...list(6, 6)],
  "blank lines below the spec": [...list(6, 6)],
  "spaces at the end of lines": [...list(6, 6)],
  "a script in a block that keeps its last lines, at the end": [...list(6, 6)],
  "a script that is folded and stripped, with what looks like documents in it": [...list(6, 6)],
  "a block that says how far it is indented": [...list(6, 6)],
  "a text over several lines, in quotation marks and without": [...list(6, 6)],
  "tabs in texts, and before a comment": [...list(6, 6)],
  "very long lines": [...list(6, 6)],
  "texts of many scripts": [...list(6, 6)],
  "lines that end as on Windows": ["      imagePullSecrets:\r", "      - name: acr\r"],
  "lines that end as on Windows, the last in none": ["      imagePullSecrets:\r", "      - name: acr\r"],
  "lines of which some end as on Windows": [...list(6, 6)],
  "a byte order mark": [...list(6, 6)],
  "a byte order mark before a document's mark": [...list(6, 6)],
  "a last line without an end": [...list(6, 6)],
  "a Pod whose last line is its only container, without an end": [...list(2, 2)],
  "four spaces, and dashes below their key": [...list(4, 8)],
  "one space": [...list(1, 1)],
  "another indentation in each map, and a dash further out than its neighbors' ": [...list(5, 5)],
  "keys and texts in quotation marks": [...list(2, 4)],
  "a space between a key and its colon": [...list(2, 2)],
  tags: [...list(2, 2)],
  "a tag on a line of its own": [...list(2, 2)],
  "a spec in braces on one line": ["spec: {imagePullSecrets: [{name: acr}], containers: [{name: web, image: web}]} # short"],
  "a spec in braces with room in them": ["spec: { imagePullSecrets: [{name: acr}], containers: [ { name: web, image: web } ] }"],
  "a spec in braces over several lines, with comments and a last comma": ["  imagePullSecrets: [{name: acr}],"],
  "brackets that close in the column of their key": [...list(2, 2)],
  "a whole manifest in braces on one line": [
    "{apiVersion: v1, kind: Pod, metadata: {name: line}, spec: {imagePullSecrets: [{name: acr}], containers: [{name: web, image: web}]}}",
  ],
  "an unusual order of keys": [...list(2, 2)],
  "JSON by two spaces": ['    "imagePullSecrets": [{"name": "acr"}],'],
  "JSON by four spaces, as kubectl prints it": ['        "imagePullSecrets": [{"name": "acr"}],'],
  "JSON by tabs": ['\t\t"imagePullSecrets": [{"name": "acr"}],'],
  "JSON by tabs with lines as on Windows, no last end": ['\t\t"imagePullSecrets": [{"name": "acr"}],\r'],
  "JSON without spaces": [
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"compact"},"spec":{"imagePullSecrets":[{"name":"acr"}],"containers":[{"name":"web","image":"web","args":["a\\tb","\\"{}[],:","ä"]}]}}',
  ],
  "JSON on one line with spaces": [
    '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"imagePullSecrets": [{"name": "acr"}], "containers": [{"name": "web", "image": "web"}]}}',
  ],
  "a List in JSON": ['        "imagePullSecrets": [{"name": "acr"}],', '        "imagePullSecrets": [{"name": "acr"}],'],
  "a list in JSON that has a name": ["      },", "      {", '        "name": "acr"'],
  "a list in JSON that has two names": ["            },", "            {", '                "name": "acr"'],
  "a list in JSON without spaces that has a name": [
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"had-compact"},"spec":{"containers":[{"name":"web","image":"web","args":["a\\tb","\\"{}[],:","ä"]}],"imagePullSecrets":[{"name":"theirs"},{"name":"acr"}]}}',
  ],
  "an empty list in JSON": ['    "imagePullSecrets": [{"name": "acr"}]'],
  "null in JSON": ['    "imagePullSecrets": [{"name": "acr"}]'],
  "a ServiceAccount in JSON": ['    "imagePullSecrets": [{"name": "acr"}],'],
  "a ServiceAccount in JSON without spaces": [
    '{"apiVersion":"v1","imagePullSecrets":[{"name":"acr"}],"kind":"ServiceAccount","metadata":{"name":"robot"},"secrets":[]}',
  ],
  "a list with a name": ["  - name: acr"],
  "a list with two names and comments": ["  - name: acr"],
  "a list below its key": ["    - name: acr"],
  "a list indented otherwise than the others": ["        -   name: acr"],
  "names in quotation marks": ['  - name: "acr"'],
  "names in single quotation marks": ["  - 'name': 'acr'"],
  "names in braces below each other": ["  - { name: acr }"],
  "a dash on a line of its own": ["  - name: acr"],
  "a list at the end of a file whose last line has no end": ["  - name: acr"],
  "a list at the end of a file with lines as on Windows": ["  - name: acr\r"],
  "a list in brackets": ["  imagePullSecrets: [{name: theirs}, {name: acr}] # short"],
  "a list in brackets with room and two names": ['  imagePullSecrets: [ { name: "a" }, { name: "b" }, { name: "acr" } ]'],
  "a list in brackets over lines, with a last comma": ["    {name: acr},"],
  "an empty list": ["  imagePullSecrets: [{name: acr}]"],
  "an empty list with room": ["  imagePullSecrets: [ {name: acr}] # none"],
  "nothing where a list should be": ["  - name: acr"],
  "nothing but a comment where a list should be": ["    - name: acr"],
  "nothing where a list should be, at the end without an end": ["  - name: acr"],
  "null where a list should be": ["  imagePullSecrets: [{name: acr}] # none"],
  "an empty name, as templates leave it": ["  - name: acr"],
  "a mark before the only document": [...list(6, 6)],
  "several documents": [...list(6, 6), ...list(6, 6)],
  "empty documents, and such as hold only a comment": [...list(6, 6)],
  "marks with comments and spaces behind them": [...list(6, 6), ...list(6, 6)],
  "the mark of an end": [...list(6, 6)],
  "marks of ends between documents": [...list(6, 6), ...list(6, 6)],
  "a block that keeps its last lines before the next document": [...list(6, 6), ...list(6, 6)],
  "a List": [...list(4, 4), ...list(12, 12)],
  "a List of ServiceAccounts, as kubectl prints it": [...list(2, 2), "  - name: acr"],
  "what helm template prints": [...list(6, 8)],
  "a base of Kustomize without a namespace, and its patch": [...list(6, 8), ...list(6, 8)],
  "a definition of a kind of one's own, and an object of it that looks like a Deployment": [...list(2, 2)],
  "templates of others in texts, which are no templates of this file": [...list(6, 6)],
  "an object by a former version of its API": [...list(6, 6)],
  "anchors on labels": [...list(6, 6)],
  "two Pods with one spec": [...list(4, 4)],
  "three Pods with one spec, the first in braces": [
    "  spec: &spec {imagePullSecrets: [{name: acr}], containers: [{name: web, image: web}]}",
  ],
  "a Pod that takes another's spec in": [...list(4, 4), ...list(4, 4)],
  "two Pods with one list": ["    - name: acr"],
  "a name with an anchor, and an alias of it": ["    - name: acr", "    - name: acr"],
  "two Pods that are the same but for a name each": [...list(4, 4), ...list(4, 4)],
  "an anchor of the same name in each document": [...list(6, 6), ...list(6, 6)],
};

test.for(shapes)("adds the expected lines to $name", ({ name, text, accounts }) => {
  const manifest = readManifest(yaml, { name: "f.yaml", text });
  const chooses = ({ kind }: { readonly kind: { readonly makesPods: boolean } }) => kind.makesPods !== (accounts ?? false);
  const edited = editManifest(manifest, { do: "attach", secret: "acr", chooses });
  expect(differ(text, edited.text).come).toEqual(added[name] ?? []);
});

test("adds a new list directly below the line that opens its map", () => {
  const block = shapes.filter(({ text }) => !/imagePullSecrets|[{&!]/.test(text) && !text.includes("\r"));
  expect(block.length).toBeGreaterThan(15);
  for (const { text, accounts } of block) {
    const manifest = readManifest(yaml, { name: "f.yaml", text });
    const { text: after } = editManifest(manifest, {
      do: "attach",
      secret: "acr",
      chooses: ({ kind }) => kind.makesPods !== (accounts ?? false),
    });
    const above = [...after.matchAll(/^(.*)\n *imagePullSecrets:$/gm)].map(([, line = ""]) => line.trim());
    for (const line of above) expect(line).toMatch(accounts ? /^(?:- )?(?:kind|apiVersion): / : /^"?spec"? ?:/);
  }
});
