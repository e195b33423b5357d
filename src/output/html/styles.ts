/** The style sheet. Every pair of colors has a contrast of at least 4.5 (WCAG AA), in both schemes. */
export const styles = `
:root { color-scheme: light dark; --page: #fff; --text: #1f2328; --dim: #59636e; --line: #d8dee4; --code: #f6f8fa;
  --bad: #b42318; --soon: #8a5300; --fine: #1a7f37; --later: #0a62b8; --unknown: #6b5b95; --never: #6e7781 }
@media screen and (prefers-color-scheme: dark) { :root { --page: #14171b; --text: #e6e9ec; --dim: #9aa5b1; --line: #30363d; --code: #1d2228;
  --bad: #ff9389; --soon: #e8b04a; --fine: #66c983; --later: #79b8ff; --unknown: #c3b1ee; --never: #9aa5b1 } }
* { box-sizing: border-box }
html { background: var(--page); color: var(--text); font: 15px/1.5 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }
body { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.5rem }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; margin: .2rem 0 .6rem }
h2 { font-size: 1.2rem; margin: 2.8rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 0 }
p { margin: .4rem 0 }
code { font: .9em/1.5 ui-monospace, "JetBrains Mono", SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; unicode-bidi: isolate }
a { color: inherit; text-decoration-color: var(--dim); text-underline-offset: .2em }
time { white-space: nowrap; font-variant-numeric: tabular-nums }
.dim, footer { color: var(--dim); font-weight: 400; unicode-bidi: isolate }
b.bad, b.soon, b.fine, b.later { font-weight: 600; color: var(--fine) }
b.bad { color: var(--bad) } b.soon { color: var(--soon) } b.later, b.never, b.unknown { color: var(--text); font-weight: 400 }
svg { overflow: visible; fill: var(--dim) }
svg .bad { fill: var(--bad) } svg .soon { fill: var(--soon) } svg .fine { fill: var(--fine) } svg .later { fill: var(--later) }
svg .unknown { fill: var(--unknown) } svg .never { fill: var(--never) }
.bar { display: block; margin: 1.4rem 0 .6rem; border-radius: .3rem; overflow: hidden }
.bar rect { stroke: var(--page); stroke-width: 1.5px }
.counts { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: 0; padding: 0; list-style: none }
.counts svg { margin-right: .4rem }
article { border: 1px solid var(--line); border-left: 4px solid var(--soon); border-radius: .4rem; padding: .8rem 1.1rem; margin: .8rem 0; break-inside: avoid }
article.bad { border-left-color: var(--bad) }
article h3 { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; color: var(--soon) } article.bad h3 { color: var(--bad) }
blockquote { margin: .4rem 0; padding-left: .8rem; border-left: 2px solid var(--line); color: var(--dim) }
article p, blockquote { overflow-wrap: anywhere }
article ul { margin: .4rem 0; padding-left: 1.2rem }
.image, h3 code { font-weight: 600 }
pre { margin: .7rem 0 .2rem; padding: .6rem .8rem; border-radius: .3rem; background: var(--code); white-space: pre-wrap }
pre code { user-select: all }
table { width: 100%; table-layout: fixed; border-collapse: collapse; text-align: left }
th, td { overflow-wrap: anywhere; padding: .35rem 1rem .35rem 0; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: 400 }
th:last-child, td:last-child { padding-right: 0 }
thead th { font-size: .8rem; color: var(--dim); font-weight: 600 }
.line td, .line th { border-bottom: 0; padding-block: .15rem; vertical-align: middle }
.line caption { text-align: left; color: var(--dim); padding-bottom: .6rem }
.line thead th:nth-child(1) { width: 26% } .line thead th:nth-child(3) { width: 18rem }
.line tr > :nth-child(2) { position: relative }
.line svg { position: absolute; inset: 0 2rem 0 .5rem; width: calc(100% - 2.5rem); height: 100% }
.line rect { transform: translateY(-2px) } .line circle { stroke: var(--page) }
.line thead th { height: 2.4rem; vertical-align: bottom } .axis { font-size: 12px } .axis .date { font-size: 10.5px; font-weight: 400 }
line { stroke: var(--line) }
details { margin: .4rem 0; border-bottom: 1px solid var(--line) }
summary { padding: .5rem 0; cursor: pointer } summary h3 { display: inline }
.images thead th:nth-child(1) { width: 40% } .images thead th:nth-child(3) { width: 17% }
.secrets thead th:nth-child(1) { width: 15% } .secrets thead th:nth-child(2) { width: 18% } .secrets thead th:nth-child(5) { width: 11.5% }
.secrets thead th:nth-child(3) { width: 21% } .secrets thead th:nth-child(4) { width: 24% }
details table { margin-bottom: 1rem } details tr:last-child > * { border-bottom: 0 }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
footer { margin-top: 3rem; font-size: .87rem }
@media (max-width: 44rem) {
  body { padding: 1.2rem 1rem } h1 { font-size: 1.5rem } .axis .date { display: none }
  .images thead, .secrets thead { display: none }
  .images tr, .secrets tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line) }
  .images tr > *, .secrets tr > * { display: block; width: auto; border: 0; padding: .05rem 0 }
  details td:empty { display: none } details td::before { color: var(--dim) }
  .images td:nth-of-type(1)::before, .secrets td:nth-of-type(5)::before { content: "used by " }
  .images td:nth-of-type(2)::before { content: "Secret " }
  .secrets td:nth-of-type(3)::before { content: "expires " } .secrets td:nth-of-type(4)::before { content: "password from " }
  .line tr, .line tr > * { display: block; padding: 0 } .line tbody tr { padding: .3rem 0 } .line thead th:nth-child(odd) { display: none }
  .line td:nth-child(2), .line th:nth-child(2) { height: 1.6rem } .line svg { inset: 0 6px; width: calc(100% - 12px) }
}
@media print {
  @page { margin: 15mm }
  .axis { font-size: 9px } .axis .date { display: none } .line thead th:nth-child(3) { width: 19rem }
  html { font-size: 9pt } body { padding: 0; max-width: none }
  details::details-content { content-visibility: visible; display: block }
  thead { display: table-header-group } tr, summary { break-inside: avoid } h2, summary { break-after: avoid }
  svg, article, pre { print-color-adjust: exact }
}
`;
