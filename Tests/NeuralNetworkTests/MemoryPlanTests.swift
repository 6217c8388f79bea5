import Kernels
import Testing

@testable import NeuralNetwork

@Suite struct MemoryPlanTests {
  private typealias Request = MemoryPlan.Request

  private func request(_ floats: Int, _ use: ClosedRange<Int>, _ region: MemoryPlan.Region = .worker) -> Request {
    Request(MemorySize(fixed: floats), use: use, region: region)
  }

  @Test func whatIsNotInUseTogetherSharesAPlace() {
    let plan = MemoryPlan([request(32, 0...1), request(32, 2...3), request(16, 1...2)], rows: 1)
    #expect(plan.ranges == [0..<32, 0..<32, 32..<48])
    #expect(plan.workerCount == 48 && plan.shardCount == 0)
  }

  /// A moment that both have is enough.
  @Test func oneMomentInCommonKeepsApart() {
    let plan = MemoryPlan([request(16, 0...1), request(16, 1...2)], rows: 1)
    #expect(plan.ranges == [0..<16, 16..<32])
  }

  /// Gaps of 32 and 16 floats between what is in use: 16 floats go into the smaller one, though it is the higher.
  @Test func theSmallestGapThatHoldsIt() {
    let requests = [
      request(96, 0...9), request(80, 0...0), request(64, 0...9), request(48, 0...0), request(40, 0...9),
      request(16, 1...9),
    ]
    let plan = MemoryPlan(requests, rows: 1)
    #expect(plan.ranges.map(\.lowerBound) == [0, 96, 176, 240, 288, 240])
    let wide = MemoryPlan(Array(requests.dropLast()) + [request(80, 1...9)], rows: 1)
    #expect(wide.ranges[5] == wide.ranges[1])
  }

  @Test func sizesFollowTheRows() {
    let requests = [Request(MemorySize(perRow: 3, fixed: 5), use: 0...0), Request(MemorySize(), use: 0...0)]
    #expect(MemoryPlan(requests, rows: 9).ranges == [0..<32, 0..<0])
    #expect(MemoryPlan(requests, rows: 10).workerCount == 48)
  }

  @Test func regionsAreApart() {
    let plan = MemoryPlan([request(16, 0...9), request(20, 0...9, .shard), request(7, 0...9, .shard)], rows: 1)
    #expect(plan.ranges == [0..<16, 0..<20, 32..<39])
    #expect(plan.workerCount == 16 && plan.shardCount == 48)
  }

  @Test func separateSharesNothing() {
    let plan = MemoryPlan([request(16, 0...0), request(16, 1...1), request(16, 2...2)], rows: 1, separate: true)
    #expect(Set(plan.ranges.map(\.lowerBound)) == [0, 16, 32])
  }

  /// Random requests: nothing in use at the same time overlaps, starts are whole cache lines, the region holds it all,
  /// and it is no larger than the sum nor smaller than the busiest moment.
  @Test func randomRequests() {
    var random = RandomStream(seed: 5, stream: 1)
    func draw(_ below: Int) -> Int { min(Int(random.uniform() * Double(below)), below - 1) }
    for _ in 0..<300 {
      let requests = (0..<1 + draw(30)).map { _ -> Request in
        let first = draw(20)
        return request(draw(100), first...first + draw(10), draw(3) == 0 ? .shard : .worker)
      }
      let plan = MemoryPlan(requests, rows: 1)
      for (number, range) in plan.ranges.enumerated() {
        #expect(range.count == requests[number].size.fixed && range.lowerBound % 16 == 0)
        let room = requests[number].region == .worker ? plan.workerCount : plan.shardCount
        #expect(range.upperBound <= room)
        for other in 0..<number
        where requests[other].region == requests[number].region && requests[other].use.overlaps(requests[number].use) {
          #expect(!range.overlaps(plan.ranges[other]))
        }
      }
      func padded(_ request: Request) -> Int { AlignedBuffer.padded(request.size.fixed) }
      let own = requests.filter { $0.region == .worker }
      let busiest =
        (0..<32).map { moment in
          own.filter { $0.use.contains(moment) }.reduce(0) { $0 + padded($1) }
        }.max() ?? 0
      #expect(plan.workerCount >= busiest && plan.workerCount <= own.reduce(0) { $0 + padded($1) })
      #expect(plan == MemoryPlan(requests, rows: 1))
    }
  }

  /// A chain needs each output until its backward pass, and two gradients at a time.
  @Test func aChainKeepsTwoGradients() throws {
    let layers: [any Layer] = (0..<10).map { _ in Dense(units: 16, activation: .tanh) }
    let network = try Network(input: [16], layers: layers, loss: MeanSquaredError())
    let plan = network.memoryPlan(rows: 4, targetColumns: 16, training: true)
    // Input, targets, ten outputs and two gradients of 4 x 16.
    #expect(plan.workerCount == (1 + 1 + 10 + 2) * 64)
    // In inference two outputs at a time, besides input and targets.
    #expect(network.memoryPlan(rows: 4, targetColumns: 16, training: false).workerCount == (1 + 1 + 2) * 64)
  }
}
