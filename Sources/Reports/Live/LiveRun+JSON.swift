internal import JSON

extension LiveRun {
  /// Everything that is known, for a page that begins.
  public var snapshot: String {
    let document: JSONValue = [
      "run": recordJSON, "columns": LiveRow.jsonColumns, "layer_columns": LiveRow.jsonLayerColumns,
      "layers": .array(layers.map { .string($0) }), "rows": .array(rows.map(\.json)), "epochs": epochsJSON(last: nil),
      "series": .array(series.map(\.json)), "events": .array(events.map(\.json)),
    ]
    return document.text
  }

  /// What a change has brought, for a page that had the rest.
  public func update(_ change: Change) -> String {
    let document: JSONValue = [
      "run": recordJSON, "rows": .array(rows.suffix(change.rows).map(\.json)),
      "epochs": epochsJSON(last: change.epochs), "events": .array(events.suffix(change.events).map(\.json)),
    ]
    return document.text
  }

  private var recordJSON: JSONValue {
    let figures = record.figures.map { figure -> JSONValue in
      [
        "name": .string(figure.name), "last": LiveRow.figure(figure.last), "best": LiveRow.figure(figure.best),
      ]
    }
    return RunTable.json(record, RunField.all.map(\.name)).adding("figures", .array(figures))
  }

  private func epochsJSON(last: Int?) -> JSONValue {
    let (names, points) = epochs(last: last)
    return [
      "names": .array(names.map { .string($0) }),
      "points": .array(points.map { .array($0.map(LiveRow.figure)) }),
    ]
  }
}

extension LiveEvent {
  var json: JSONValue {
    [
      "time": .string(time), "kind": .string(kind), "step": step.map { .integer($0) } ?? .null,
      "message": .string(message),
    ]
  }
}
