-- The style sheet of the status page: light and dark as the browser asks, and one column on a phone.

return [[
:root{color-scheme:light dark;--back:#ffffff;--box:#f6f8fa;--edge:#d0d7de;--text:#1f2328;--muted:#59636e;--good:#1a7f37;
--busy:#9a6700;--bad:#cf222e;--line:#0969da}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--box:#161b22;--edge:#30363d;--text:#e6edf3;--muted:#9da7b3;
--good:#3fb950;--busy:#d29922;--bad:#ff7b72;--line:#58a6ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,
"DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:24px 20px}
h1{font-size:24px;margin:0;overflow-wrap:anywhere}
h2{font-size:17px;margin:32px 0 10px}
p{margin:4px 0}
.muted{color:var(--muted)}
.small{font-size:13px}
.good{color:var(--good)}.busy{color:var(--busy)}.bad{color:var(--bad)}
.verdict{font-weight:600;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:18px 0 0}
.facts>div{background:var(--box);border:1px solid var(--edge);border-radius:8px;padding:10px 12px}
.facts dt{color:var(--muted);font-size:13px}
.facts dd{margin:2px 0 0;font-size:17px;font-weight:600}
.facts dd .small{font-weight:400}
table{width:100%;border-collapse:collapse}
th{text-align:left;font-weight:600;color:var(--muted);font-size:13px;padding:6px 10px;
border-bottom:1px solid var(--edge)}
td{padding:7px 10px;border-bottom:1px solid var(--edge);vertical-align:top}
td.number,th.number{text-align:right;white-space:nowrap}
tbody th{color:var(--text);font-size:15px;overflow-wrap:break-word;vertical-align:top;padding:7px 10px}
.state{font-weight:600;white-space:nowrap}
.state::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;background:currentColor;
margin-right:7px}
.note{overflow-wrap:anywhere}
.spark{display:inline-block;width:110px;height:22px;vertical-align:middle}
.value{display:inline-block;min-width:66px}
.spark path{fill:none;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
.list{list-style:none;margin:0;padding:0}
.list li{padding:7px 0;border-bottom:1px solid var(--edge);overflow-wrap:anywhere}
.warnings li{border-left:3px solid var(--busy);border-bottom:0;padding:4px 0 4px 12px;margin:6px 0}
.scroll{overflow-x:auto;border:1px solid var(--edge);border-radius:10px}
.scroll svg{display:block;min-width:900px;width:100%;height:auto}
@media (max-width:700px){
main{padding:16px 12px}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody{display:block}
tr{display:grid;grid-template-columns:1fr 1fr;gap:2px 14px;padding:10px 0;border-bottom:1px solid var(--edge)}
th,td,td.number{border:0;padding:0;text-align:left;white-space:normal}
tbody th{grid-column:1/-1;padding:0;overflow-wrap:anywhere}
td.number{display:flex;flex-wrap:wrap;gap:0 6px;align-items:baseline}
td.wide{grid-column:1/-1}
td[data-name]::before{content:attr(data-name);color:var(--muted);font-size:13px}
.spark{order:2;width:100%}
.value{min-width:0}
td.none{display:none}
}
]]
