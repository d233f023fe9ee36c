/** The page's only style sheet. Colours keep a contrast of 4.5 for text and 3 for lines, on light and on dark. */
export const styles = `
:root{color-scheme:light dark;--paper:#fff;--wash:#f4f6f9;--ink:#16202c;--soft:#4d5a69;--rule:#d5dbe3;--accent:#0a5cad;
--good:#0b6b3d;--good-wash:#e6f4ec;--bad:#a4262c;--bad-wash:#fbeaea;--open:#7a4b00;--open-wash:#fdf3dd;--none:#4d5a69;
--none-wash:#eef1f5;--control:#5f6b7a;--s0:#0a5cad;--s1:#b04a00;--s2:#0b7350;--s3:#8f3a99;--s4:#86620a;--s5:#08717f;--s6:#b8264e}
@media (prefers-color-scheme:dark){:root{--paper:#10161e;--wash:#18212c;--ink:#e8edf3;--soft:#a9b5c3;--rule:#334052;
--accent:#79b8ff;--good:#63d297;--good-wash:#12301f;--bad:#ff9a94;--bad-wash:#3a1b1d;--open:#f0c365;--open-wash:#35290f;
--none:#a9b5c3;--none-wash:#202b38;--control:#a3afbd;--s0:#6db3ff;--s1:#ffa366;--s2:#57cf9f;--s3:#dc9bea;--s4:#dcbc58;
--s5:#57cbd8;--s6:#ff8ca8}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
overflow-wrap:break-word;font-variant-numeric:tabular-nums}
header,main,footer{max-width:66rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:2.6rem}
h1,h2,h3{line-height:1.22;text-wrap:balance;margin:0}
h1{font-size:clamp(1.7rem,1.2rem + 2.2vw,2.5rem);letter-spacing:-.015em;font-weight:680}
h2{font-size:1.4rem;letter-spacing:-.01em;margin:3.2rem 0 .9rem;padding-top:1.1rem;border-top:1px solid var(--rule)}
h3{font-size:1.08rem}
p{margin:.6rem 0;max-width:46rem}
a{color:var(--accent)}
.eyebrow{margin:0 0 .5rem;color:var(--soft);font-size:.82rem;letter-spacing:.07em;text-transform:uppercase;font-weight:600}
.soft,figcaption,.facts dt,.note{color:var(--soft)}
.small{font-size:.86rem}
.meta{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:1rem 0 0;padding:0;font-size:.88rem;color:var(--soft)}
.meta div{display:flex;gap:.4rem;flex-wrap:wrap}.meta dt{font-weight:600}.meta dd{margin:0;color:var(--ink)}
.finding{margin:1.9rem 0 0;padding:1.2rem 1.5rem 1.3rem;background:var(--wash);border-left:4px solid var(--accent);border-radius:0 10px 10px 0}
.finding h2{margin:0 0 .35rem;padding:0;border:0;font-size:.82rem;letter-spacing:.07em;text-transform:uppercase;color:var(--soft)}
.finding p{margin:0;font-size:1.09rem;max-width:none}.finding p.small{font-size:.93rem}
.finding ul{list-style:none;margin:.8rem 0;padding:0}.finding li{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem .8rem;align-items:start;margin:.45rem 0}
.body>.label:first-child{margin-top:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:1px;margin:1.4rem 0 0;padding:0;
border:1px solid var(--rule);border-radius:10px;overflow:hidden}
.tiles div{box-shadow:0 0 0 1px var(--rule);padding:.85rem 1.1rem;display:flex;flex-direction:column}
.tiles dt{font-size:.82rem;color:var(--soft)}
.tiles dd{margin:.1rem 0 0;font-size:1.4rem;font-weight:640;letter-spacing:-.01em;line-height:1.25}
.tiles dd.more{font-size:.84rem;font-weight:400;color:var(--soft);letter-spacing:0}
.verdict{border:1px solid var(--rule);border-radius:12px;margin:1.2rem 0;overflow:hidden}
.verdict>.head{padding:.8rem 1.3rem;display:flex;flex-wrap:wrap;gap:.3rem .9rem;align-items:center;background:var(--tint);border-bottom:1px solid var(--rule)}
.verdict>.body{padding:1.1rem 1.3rem 1.2rem}
.verdict .columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,25.5rem);gap:1.2rem 2rem;align-items:start}
.supported{--tone:var(--good);--tint:var(--good-wash)}.refuted{--tone:var(--bad);--tint:var(--bad-wash)}
.inconclusive{--tone:var(--open);--tint:var(--open-wash)}.untested{--tone:var(--none);--tint:var(--none-wash)}
.badge{display:inline-flex;align-items:center;gap:.45rem;font-weight:680;color:var(--tone);white-space:nowrap}
.badge svg{width:1.15em;height:1.15em;fill:none;stroke:var(--tone);stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}
blockquote{margin:.3rem 0 .9rem;padding:.1rem 0 .1rem .9rem;border-left:3px solid var(--rule);font-size:.9rem;max-width:46rem}
.label{margin:1rem 0 0;font-size:.86rem;color:var(--soft)}h1,h2,h3,.meta,.facts,.finding,blockquote,code,.cells td,.cells th{overflow-wrap:anywhere}.cells td,.cells thead th{min-width:4.5rem}
.verdict .facts{margin-top:0}
.facts{display:grid;grid-template-columns:minmax(7rem,11.5rem) minmax(0,1fr);gap:.28rem 1.1rem;margin:1rem 0;font-size:.93rem}
.facts dd{margin:0}.facts strong{font-weight:660}
.withheld{padding:.7rem 1rem;border:1px dashed var(--soft);border-radius:8px;font-size:.93rem}
figure{margin:1.1rem 0}.verdict figure{margin:0}
figcaption{font-size:.87rem;line-height:1.45;margin-top:.5rem;max-width:46rem}
figcaption strong{color:var(--ink)}
figure>svg{display:block;width:100%;height:auto}
.narrow{display:none!important}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;list-style:none;margin:0 0 .5rem;padding:0;font-size:.88rem}
.legend li{display:flex;align-items:center;gap:.5rem}.legend svg{width:34px;height:12px}
svg text{font:12.5px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .axis-name{fill:var(--ink)}
.grid line{stroke:var(--rule);stroke-width:1}.axis line{stroke:var(--soft);stroke-width:1}
.series{fill:none;stroke:var(--line);stroke-width:2.4;stroke-linejoin:round}.band{fill:var(--line);opacity:.17}
.dots circle{fill:var(--line);opacity:.45}
.rug path{fill:none;stroke:var(--line);stroke-width:1.7}
.control{--line:var(--control)}.arm-0{--line:var(--s0)}.arm-1{--line:var(--s1)}.arm-2{--line:var(--s2)}.arm-3{--line:var(--s3)}
.arm-4{--line:var(--s4)}.arm-5{--line:var(--s5)}.arm-6{--line:var(--s6)}
.series.control{stroke-dasharray:7 4}.series.arm-1{stroke-dasharray:12 3}.series.arm-2{stroke-dasharray:2.5 3}
.series.arm-3{stroke-dasharray:10 3 2 3}.series.arm-4{stroke-dasharray:5 2}.series.arm-5{stroke-dasharray:14 4 4 4}.series.arm-6{stroke-dasharray:1.5 2}
.starts{fill:var(--wash)}
.inside line{stroke:var(--s0);opacity:.5}.inside circle{fill:var(--s0)}
.outside line{stroke:var(--s1);opacity:.6}.outside path{fill:var(--paper);stroke:var(--s1);stroke-width:1.8}
.agree{stroke:var(--soft);stroke-dasharray:4 3}.reference{stroke:var(--s1);stroke-width:1.8;stroke-dasharray:6 4}
.estimate{stroke:var(--s0);stroke-width:2.2}.interval{fill:var(--s0);opacity:.14}
.ahead{fill:var(--s0)}.behind{fill:var(--paper);stroke:var(--control);stroke-width:1.8}
.fit{fill:none;stroke:var(--s1);stroke-width:2.2}
.edge{fill:none;stroke:var(--soft);stroke-width:1.4;opacity:.75}
.node rect{fill:var(--wash);stroke:var(--rule);stroke-width:1.2}
.node .node-name{fill:var(--ink);font-weight:640}
.node.supported rect,.node.refuted rect,.node.inconclusive rect{fill:var(--tint);stroke:var(--tone)}
.node.supported .node-name,.node.refuted .node-name,.node.inconclusive .node-name{fill:var(--tone)}
.node.data rect{stroke-dasharray:5 3;stroke:var(--soft)}
.scroll{overflow-x:auto;margin:.2rem 0 .8rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.42rem .8rem .42rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
thead th{border-bottom:1.5px solid var(--soft);font-weight:640}
tbody th{font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap}
details{border:1px solid var(--rule);border-radius:10px;padding:0 1.1rem;margin:1rem 0}
details details,.verdict details{border:0;padding:0;margin:.5rem 0 0}
summary{cursor:pointer;padding:.65rem 0;font-weight:600}.verdict summary{padding:.25rem 0;font-size:.93rem;color:var(--accent)}
details[open]{padding-bottom:.8rem}
ul.plain{margin:.3rem 0;padding-left:1.15rem;font-size:.92rem}ul.plain li{margin:.2rem 0}
code{font-weight:400}code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
pre{background:var(--wash);border:1px solid var(--rule);border-radius:8px;padding:.8rem 1rem;overflow-x:auto;white-space:pre-wrap}
footer{margin-top:3.4rem;padding-top:1rem;padding-bottom:2.4rem;color:var(--soft);font-size:.86rem}
footer p{max-width:none}
:focus-visible{outline:2.5px solid var(--accent);outline-offset:2px}
@media (max-width:56rem){.verdict .columns{grid-template-columns:minmax(0,1fr)}.verdict figure{max-width:28rem}}
@media (max-width:36rem){.finding li{grid-template-columns:minmax(0,1fr)}header,main,footer{padding-left:1rem;padding-right:1rem}.narrow{display:block!important}.wide{display:none!important}
.facts{grid-template-columns:minmax(0,1fr);gap:0}.facts dd{margin-bottom:.45rem}.verdict>.head,.verdict>.body{padding-left:1rem;padding-right:1rem}
.finding{padding:1rem 1.1rem}.tiles{grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr))}.tiles dd{font-size:1.2rem}.verdict figure text{font-size:15.5px}}
@media print{:root{color-scheme:light;--paper:#fff;--wash:#f4f6f9;--ink:#000;--soft:#3d4854;--rule:#c4ccd6;--accent:#0a4f96;--good:#0b6b3d;
--good-wash:#eef8f2;--bad:#a4262c;--bad-wash:#fdf1f1;--open:#7a4b00;--open-wash:#fdf6e6;--none:#4d5a69;--none-wash:#f3f5f8;--control:#5f6b7a;
--s0:#0a5cad;--s1:#b04a00;--s2:#0b7350;--s3:#8f3a99;--s4:#86620a;--s5:#08717f;--s6:#b8264e}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}header,main,footer{max-width:none;padding-left:0;padding-right:0}
.narrow{display:none!important}svg.wide{display:block!important}table{font-size:.8rem}h2{break-after:avoid}figure,.tiles,tr,.finding{break-inside:avoid}.scroll{overflow:visible}}
`;
