import { deployment, type Shape } from "./shape.ts";

/** Comments, blank lines and long texts, which must stay in place. */
export const comments: readonly Shape[] = [
  {
    name: "comments everywhere",
    gets: 1,
    text: `# Copyright

# the web
${deployment("commented")}    # the pod
    spec: # of it
      # what runs

      # and what not
      containers: # all
      # the only one
      - name: web # its name
        # its image
        image: web # pinned
        # end of it
      # end of all
    # end of the spec
# end
`,
  },
  {
    name: "comments at another indentation than what they stand above",
    gets: 1,
    text: `${deployment("crooked")}    spec:
# containers
  # all of them
            # really
      containers:
      - name: web
# image
        image: web
`,
  },
  {
    name: "a list that is commented out",
    gets: 1,
    text: `${deployment("out")}    spec:
      # imagePullSecrets:
      # - name: acr
      containers:
      - name: web
        image: web
`,
  },
  {
    name: "blank lines below the spec",
    gets: 1,
    text: `${deployment("blank")}    spec:


      containers:

      - name: web

        image: web


`,
  },
  {
    name: "spaces at the end of lines",
    gets: 1,
    text: `${deployment("trailing")}    spec:   
      containers:  
      - name: web  
        image: web   
   
`,
  },
  {
    name: "a script in a block that keeps its last lines, at the end",
    gets: 1,
    text: `${deployment("keeps")}    spec:
      containers:
      - name: web
        image: web
        command: [sh, -c]
        args:
        - |+
          imagePullSecrets:
          - name: acr
          spec:
            containers: []


`,
  },
  {
    name: "a script that is folded and stripped, with what looks like documents in it",
    gets: 1,
    text: `${deployment("folded")}    spec:
      containers:
      - name: web
        image: web
        command:
          - sh
          - -c
          - >-
            echo one;
             ---
            echo "kind: Pod"

            echo two
`,
  },
  {
    name: "a block that says how far it is indented",
    gets: 1,
    text: `${deployment("indicator")}    spec:
      containers:
      - name: web
        image: web
        env:
        - name: TEXT
          value: |2-
              two more
            one
`,
  },
  {
    name: "a text over several lines, in quotation marks and without",
    gets: 1,
    text: `${deployment("several")}    spec:
      containers:
      - name: web
        image: web
        env:
        - name: QUOTED
          value: "first
            second \\
            third

            fourth"
        - name: SINGLE
          value: 'it''s
            two: lines'
        - name: PLAIN
          value: some words
            that go on
            # and a comment
`,
  },
  {
    name: "tabs in texts, and before a comment",
    gets: 1,
    text: `${deployment("tabs")}    spec:
      containers:
      - name: web\t# tab
        image: web
        command: ["printf", "a\tb\\tc"]
        env:
        - name: TAB
          value: one\ttwo
        - name: BLOCK
          value: |
            a\tb
            \tindented by one
`,
  },
  {
    name: "very long lines",
    gets: 1,
    text: `${deployment("long")}    spec:
      containers:
      - name: web
        image: web
        env:
        - name: LONG
          value: "${"0123456789abcdef".repeat(500)}"
        - name: FOLDED
          value: ${"word ".repeat(900).trim()}
`,
  },
  {
    name: "texts of many scripts",
    gets: 1,
    text: `# Größe, 日本語, 🚀, עברית
${deployment("unicode").replace("metadata:\n", 'metadata:\n  annotations: {"emoji": "🚀🚀", note: "ÄÖÜ — “quoted”"}\n')}    spec:
      containers:
      - name: web
        image: web
        env:
        - {name: TEXT, value: 日本語}
        - {name: ESCAPED, value: "\\u00e4\\x41\\n"}
`,
  },
];
