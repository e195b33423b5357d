import { deployment, type Shape } from "./shape.ts";

const plain = (name: string) => `${deployment(name)}    spec:
      containers:
      - name: web
        image: web
        args:
        - |
          one
          two
`;

/** Line breaks, indentation and braces. */
export const layout: readonly Shape[] = [
  { name: "lines that end as on Windows", gets: 1, text: plain("crlf").replaceAll("\n", "\r\n") },
  { name: "lines that end as on Windows, the last in none", gets: 1, text: plain("crlf-open").replaceAll("\n", "\r\n").trimEnd() },
  {
    name: "lines of which some end as on Windows",
    gets: 1,
    text: plain("mixed")
      .split("\n")
      .map((line, index) => (index % 2 ? `${line}\r` : line))
      .join("\n"),
  },
  { name: "a byte order mark", gets: 1, text: `\ufeff${plain("bom")}` },
  { name: "a byte order mark before a document's mark", gets: 1, text: `\ufeff---\n${plain("bom-mark")}` },
  { name: "a last line without an end", gets: 1, text: plain("open").trimEnd() },
  {
    name: "a Pod whose last line is its only container, without an end",
    gets: 1,
    text: "apiVersion: v1\nkind: Pod\nmetadata: {name: short}\nspec:\n  containers: [{name: a, image: a}]",
  },
  {
    name: "four spaces, and dashes below their key",
    gets: 1,
    text: `apiVersion: v1
kind: Pod
metadata:
    name: four
spec:
    containers:
        -   name: web
            image: web
            command:
                -   sleep
`,
  },
  {
    name: "one space",
    gets: 1,
    text: "apiVersion: v1\nkind: Pod\nmetadata:\n name: one\nspec:\n containers:\n - name: web\n   image: web\n",
  },
  {
    name: "another indentation in each map, and a dash further out than its neighbors' ",
    gets: 1,
    text: `apiVersion: v1
kind: Pod
metadata:
   name: ragged
   labels:
          a: b
spec:
     nodeSelector:
        kubernetes.io/os: linux
     containers:
     -    image: web
          name: web
          ports:
             - containerPort: 80
`,
  },
  {
    name: "keys and texts in quotation marks",
    gets: 1,
    text: `"apiVersion": "v1"
'kind': 'Pod'
"metadata":
  "name": "quoted"
"spec":
  "containers":
    - "name": "web"
      'image': 'web'
`,
  },
  {
    name: "a space between a key and its colon",
    gets: 1,
    text: "apiVersion : v1\nkind :   Pod\nmetadata :\n  name : apart\nspec :\n  containers :\n  - name : web\n    image : web\n",
  },
  {
    name: "tags",
    gets: 1,
    text: "apiVersion: !!str v1\nkind: Pod\nmetadata: !!map\n  name: !!str tagged\nspec: !!map\n  containers: !!seq\n  - name: web\n    image: web\n",
  },
  {
    name: "a tag on a line of its own",
    gets: 1,
    text: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: tag-below\nspec:\n  # the pod\n  !!map\n  # what runs\n  containers:\n  - name: web\n    image: web\n",
  },
  {
    name: "a spec in braces on one line",
    gets: 1,
    alters: 1,
    text: "apiVersion: v1\nkind: Pod\nmetadata: {name: flow}\nspec: {containers: [{name: web, image: web}]} # short\n",
  },
  {
    name: "a spec in braces with room in them",
    gets: 1,
    alters: 1,
    text: "apiVersion: v1\nkind: Pod\nmetadata: { name: roomy }\nspec: { containers: [ { name: web, image: web } ] }\n",
  },
  {
    name: "a spec in braces over several lines, with comments and a last comma",
    gets: 1,
    text: `apiVersion: v1
kind: Pod
metadata: {name: tall}
spec: { # the pod
  # what runs
  containers: [
    {name: web, image: web}, # one
  ],
  hostNetwork: false, # not
}
`,
  },
  {
    name: "brackets that close in the column of their key",
    gets: 1,
    text: `apiVersion: v1
kind: Pod
metadata:
  name: closing
spec:
  containers: [
    {
      name: web,
      image: web
    }
  ]
`,
  },
  {
    name: "a whole manifest in braces on one line",
    gets: 1,
    alters: 1,
    text: "{apiVersion: v1, kind: Pod, metadata: {name: line}, spec: {containers: [{name: web, image: web}]}}\n",
  },
  {
    name: "an unusual order of keys",
    gets: 1,
    text: `spec:
  containers:
  - image: web
    name: web
metadata:
  name: order
kind: Pod
apiVersion: v1
`,
  },
];
