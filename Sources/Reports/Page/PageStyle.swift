/// The look of the report's page around its figures.
enum PageStyle {
  static let css = """
    :root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#1c1e21;--soft:#5c6370;--line:#d9dce1;--good:#006b4f;\
    --bad:#b00020;--warn:#8a5a00;--shade:#0003;--goodground:#dff3ec;--badground:#fbe3e6;--warnground:#fbeed3;--link:#0072b2}
    @media screen and (prefers-color-scheme:dark){:root{--ground:#0e1014;--card:#16181d;--ink:#e8e8e8;--soft:#a3a9b3;\
    --line:#30343c;--good:#5fdcb4;--bad:#ff8f99;--warn:#f0c060;--shade:#fff3;--goodground:#12322a;--badground:#3d1a20;--warnground:#3a2d12;--link:#56b4e9}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
    main{max-width:1240px;margin:0 auto;padding:20px 20px 60px}
    header{display:flex;flex-wrap:wrap;gap:4px 40px;margin-bottom:16px}
    h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}
    h2{font-size:19px;margin:28px 0 10px}h3{font-size:15px;margin:0}section>h3{margin:14px 0 6px}
    header p{margin:2px 0 6px;color:var(--soft)}
    .state{display:inline-block;vertical-align:middle;font-size:13px;font-weight:600;padding:1px 10px;border-radius:99px;\
    border:1px solid var(--line)}
    .state.good{color:var(--good);background:var(--goodground)}.state.bad{color:var(--bad);background:var(--badground)}
    .tags{list-style:none;display:flex;flex-wrap:wrap;gap:6px;margin:0;padding:0}
    .tags li{font-size:12px;padding:0 8px;border:1px solid var(--line);border-radius:99px;color:var(--soft)}
    .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:1px;margin:0;background:var(--card);\
    border:1px solid var(--line);border-radius:8px;overflow:hidden}
    .facts div{padding:7px 12px;box-shadow:0 0 0 1px var(--line)}
    .facts dt{font-size:12px;color:var(--soft)}.facts dd{margin:0;font-weight:600;overflow-wrap:break-word}
    details{margin-top:8px}summary{cursor:pointer;color:var(--link);font-size:13px;padding:2px 0}
    code{font:.92em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
    .note{color:var(--soft);margin:0 0 10px}.script{display:none}.scripted .script{display:inline}
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:16px}
    figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;min-width:0;\
    break-inside:avoid;position:relative}
    figcaption{color:var(--soft);font-size:13px;line-height:1.4;margin:2px 0 6px}
    .figure{display:block;width:100%;height:auto}
    .spread{grid-column:1/-1}.scroll{overflow:auto;max-height:85vh}
    .figure.network,.scripted .figure.network{width:auto;max-width:none;margin:0 auto;touch-action:auto;cursor:auto}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;margin:8px 0 0;padding:0;font-size:13px}
    .legend:has(li:nth-child(7)){max-height:112px;overflow-y:auto;padding-bottom:24px;\
    mask-image:linear-gradient(#000 75%,transparent)}
    .legend li{display:flex;align-items:center;gap:6px;min-width:0}.legend span{overflow-wrap:anywhere}
    .legend svg{flex:none}.scripted .legend li{cursor:pointer;border-radius:4px}
    .legend li:focus-visible{outline:2px solid var(--link);outline-offset:2px}
    .legend li.off{opacity:.4;text-decoration:line-through}
    .scripted .figure{touch-action:pan-y;cursor:crosshair}
    .cross{stroke:var(--ink);stroke-width:1;stroke-opacity:.55;fill:none;pointer-events:none}
    .pick{fill:var(--link);fill-opacity:.18;pointer-events:none}
    #tip{position:fixed;z-index:3;pointer-events:none;background:var(--card);color:var(--ink);border:1px solid var(--line);\
    border-radius:6px;box-shadow:0 3px 14px rgba(0,0,0,.25);padding:6px 9px;font-size:12px;line-height:1.35;max-width:min(420px,94vw)}
    #tip b{display:block}#tip .values{display:grid;grid-template-columns:26px 1fr auto;gap:0 7px;align-items:center}
    #tip .values span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
    #tip .values span:nth-child(3n){text-align:right;font-variant-numeric:tabular-nums}#tip p{margin:3px 0 0}
    #reset{position:fixed;z-index:2;right:16px;bottom:16px;font:600 14px system-ui,sans-serif;padding:9px 16px;border-radius:99px;\
    border:0;background:var(--link);color:#fff;box-shadow:0 3px 14px rgba(0,0,0,.3);cursor:pointer}
    .wide{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:\
    linear-gradient(90deg,var(--card) 40%,transparent) 0 0/40px 100% local no-repeat,\
    linear-gradient(270deg,var(--card) 40%,transparent) 100% 0/40px 100% local no-repeat,\
    linear-gradient(90deg,var(--shade),transparent) 0 0/14px 100% no-repeat,\
    linear-gradient(270deg,var(--shade),transparent) 100% 0/14px 100% no-repeat var(--card)}
    table{border-collapse:collapse;width:100%;font-size:14px}
    th,td{text-align:left;padding:6px 12px;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
    tbody tr:last-child>*{border-bottom:0}thead th{color:var(--soft);font-weight:600;font-size:12px}
    tbody th{font-weight:600}td{font-variant-numeric:tabular-nums}
    .layers td:nth-child(n+4),.layers th:nth-child(n+4){text-align:right}
    td.changed{background:var(--warnground);font-weight:600}
    .finding-card{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--soft);border-radius:8px;\
    padding:10px 14px;margin:0 0 10px;break-inside:avoid}
    .finding-card.critical{border-left-color:var(--bad)}.finding-card.warning{border-left-color:var(--warn)}
    .finding-card p{margin:0 0 4px}.finding-card b:first-child{text-transform:uppercase;font-size:12px;letter-spacing:.04em}
    .finding-card.critical b:first-child{color:var(--bad)}.finding-card.warning b:first-child{color:var(--warn)}
    .finding-card ol{margin:6px 0 0;padding-left:20px}
    pre{font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap;\
    overflow-wrap:anywhere;margin:4px 0;background:var(--ground);border-radius:6px;padding:6px 10px}
    .recipe{background:var(--card);border:1px solid var(--line);padding:12px 16px}
    .events{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:0;padding:8px 14px 8px 46px}
    .events li{padding:3px 0;overflow-wrap:anywhere}.events .kind{font-size:12px;font-weight:600;color:var(--soft)}
    .events .blowup .kind{color:var(--bad)}.events .finding .kind{color:var(--warn)}
    @media (max-width:600px){main{padding:12px 12px 70px}h1{font-size:22px}figure{padding:10px 8px}\
    .figure text{font-size:15px}.figure .marknumber,.figure .rulename{font-size:14px}.figure .names text{font-size:12px}\
    .facts{grid-template-columns:repeat(3,1fr)}.facts div{padding:4px 8px}.scripted .note .script{display:none}th,td{padding:5px 8px}}
    @media print{body{background:#fff;font-size:12px}main{max-width:none;padding:0}.script,#reset,#tip{display:none!important}\
    .figures{grid-template-columns:1fr 1fr}.scroll{max-height:none;overflow:visible}.figure.network{max-width:100%}.wide{overflow:visible}.legend{max-height:none!important;mask-image:none!important}h2{break-after:avoid}}

    """
}
