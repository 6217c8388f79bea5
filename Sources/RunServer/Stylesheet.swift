/// The look of the pages: light and dark, screen and phone. Colours of series after Okabe and Ito, "Color Universal
/// Design", 2008.
enum Stylesheet {
  /// Of a page that only says why there is no other.
  static let refusal = """
    :root { color-scheme: light dark }
    body { margin: 0; background: #f4f5f7; color: #1c1e21;
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
    main { max-width: 1280px; margin: 0 auto; padding: 20px } h1 { font-size: 26px; margin: 0 } a { color: #0072b2 }
    code { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace }
    @media (prefers-color-scheme: dark) { body { background: #0e1014; color: #e8e8e8 } a { color: #56b4e9 } }
    """

  static let css = """
    :root { color-scheme: light dark; --ground: #f4f5f7; --card: #fff; --ink: #1c1e21; --soft: #5c6370; --line: #d9dce1;
      --good: #006b4f; --bad: #b00020; --warn: #8a5a00; --link: #0072b2; --grid: #0000001a; --shade: #0003;
      --c0: #0072b2; --c1: #d55e00; --c2: #008a66; --c3: #aa3f86; --c4: #8a6d00; --c5: #444; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #0e1014; --card: #16181d; --ink: #e8e8e8; --soft: #a3a9b3; --line: #30343c; --good: #5fdcb4;
        --bad: #ff8f99; --warn: #f0c060; --link: #56b4e9; --grid: #ffffff21; --shade: #fff3;
        --c0: #56b4e9; --c1: #ff8c42; --c2: #33d6a6; --c3: #f29bc9; --c4: #f0e442; --c5: #d8d8d8; }
    }
    * { box-sizing: border-box }
    html { -webkit-text-size-adjust: 100% }
    body { margin: 0; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
    main { max-width: 1280px; margin: 0 auto; padding: 20px 20px 60px }
    h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere }
    h2 { font-size: 19px; margin: 28px 0 10px }
    a { color: var(--link) }
    header p { margin: 2px 0 6px }
    .soft { color: var(--soft) }
    code { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace }
    .state { display: inline-block; vertical-align: middle; font-size: 13px; font-weight: 600; padding: 0 10px;
      border-radius: 99px; border: 1px solid currentcolor; white-space: nowrap }
    .running, .finished { color: var(--good) } .interrupted { color: var(--warn) } .diverged { color: var(--bad) }
    .running::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-right: 6px; border-radius: 50%;
      background: currentcolor; animation: pulse 2s infinite }
    @keyframes pulse { 50% { opacity: .25 } }
    @media (prefers-reduced-motion: reduce) { .running::before { animation: none } }
    .tags { list-style: none; display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 8px; padding: 0 }
    .tags li { font-size: 12px; padding: 0 8px; border: 1px solid var(--line); border-radius: 99px; color: var(--soft) }
    .bar { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 8px 0 }
    input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
      padding: 6px 12px; width: min(100%, 340px) }
    /* A shade at an edge: the table goes on there. The covers scroll with it. */
    .wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background:
      linear-gradient(90deg, var(--card) 40%, transparent) 0 0 / 40px 100% local no-repeat,
      linear-gradient(270deg, var(--card) 40%, transparent) 100% 0 / 40px 100% local no-repeat,
      linear-gradient(90deg, var(--shade), transparent) 0 0 / 14px 100% no-repeat,
      linear-gradient(270deg, var(--shade), transparent) 100% 0 / 14px 100% no-repeat var(--card) }
    table { border-collapse: collapse; width: 100%; font-size: 14px }
    th, td { text-align: left; padding: 6px 9px; border-bottom: 1px solid var(--line); white-space: nowrap }
    tbody tr:last-child > * { border-bottom: 0 }
    thead th { color: var(--soft); font-weight: 600; font-size: 12px }
    #runs thead th { cursor: pointer }
    thead th[aria-sort=ascending]::after { content: " ▲" } thead th[aria-sort=descending]::after { content: " ▼" }
    #runs .words { white-space: normal } #runs thead th { white-space: normal; vertical-align: bottom }
    td { font-variant-numeric: tabular-nums } .number { text-align: right } .time { color: var(--soft) }
    tbody th { font-weight: 600; position: sticky; left: 0; background: var(--card) }
    #progress { height: 6px; border-radius: 99px; background: var(--line); overflow: hidden; margin: 4px 0 }
    #progress div { height: 100%; width: 0; background: var(--link) }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 1px; margin: 8px 0 16px;
      background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
    .facts div { background: var(--card); padding: 6px 12px; box-shadow: 0 0 0 1px var(--line) }
    .facts dt { font-size: 12px; color: var(--soft) }
    .facts dd { margin: 0; font-weight: 600; overflow-wrap: break-word; font-variant-numeric: tabular-nums }
    .figures.odd > figure:not([hidden]):first-of-type { grid-column: 1 / -1 }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px }
    figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px;
      min-width: 0 }
    figcaption { font-weight: 600 }
    figure svg { display: block; width: 100%; height: 230px; touch-action: pan-y; cursor: crosshair }
    figure text { font: 11px system-ui, sans-serif; fill: var(--soft) }
    .grid { stroke: var(--grid); fill: none } .cross { stroke: var(--ink); stroke-opacity: .5 }
    .series { fill: none; stroke-width: 1.6; stroke-linejoin: round } .band { stroke: none; opacity: .22 }
    .mark { stroke-width: 1.4; stroke-dasharray: 5 3 }
    .mark.rollback { stroke: var(--c3) } .mark.blowup { stroke: var(--bad); stroke-dasharray: none }
    figure text.blowup { fill: var(--bad) } figure text.rollback { fill: var(--c3) } figure text.marked { font-weight: 600 }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 14px; margin: 4px 0 0; padding: 0; font-size: 13px }
    .legend li { display: flex; align-items: center; gap: 6px; cursor: pointer; min-width: 0; overflow-wrap: anywhere }
    .legend li::before { content: ""; flex: none; width: 14px; height: 3px; border-radius: 2px; background: var(--hue) }
    .legend .off { opacity: .4; text-decoration: line-through }
    .legend b { font-weight: 600; font-variant-numeric: tabular-nums; min-width: 4.5em }
    .events { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin: 0; padding: 8px 16px;
      list-style: none }
    .events li { padding: 3px 0; overflow-wrap: anywhere } .events time { color: var(--soft); font-size: 13px }
    .events b { font-size: 13px } .events .blowup b { color: var(--bad) } .events .rollback b { color: var(--c3) }
    .events .finding b, .events .spike b { color: var(--warn) }
    @media (max-width: 600px) {
      main { padding: 12px 12px 60px } h1 { font-size: 22px } th, td { padding: 5px 8px }
      :is(#runs, .cards) thead { display: none } :is(#runs, .cards) tr { display: flex; flex-wrap: wrap; gap: 2px 14px;
        padding: 8px 12px; border-bottom: 1px solid var(--line) }
      #runs tr[hidden] { display: none }
      :is(#runs, .cards) tr > * { border: 0; padding: 0; position: static; white-space: normal }
      :is(#runs, .cards) tbody th { overflow-wrap: anywhere; background: none }
      :is(#runs, .cards) td:empty { display: none } :is(#runs, .cards) td { text-align: left }
      :is(#runs, .cards) td[data-l]::before { content: attr(data-l) " "; color: var(--soft); font-size: 12px }
      .facts { grid-template-columns: repeat(3, 1fr) } .facts div { padding: 4px 8px } figure { padding: 8px } figure svg { height: 200px }
    }
    """
}
