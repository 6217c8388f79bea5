import Testing

@testable import Kernels

@Suite struct InstructionSetTests {
  /// The other tests again for each instruction set this processor has, in a process where nothing else runs.
  @Test func eachOneComputesWhatItShould() async {
    await #expect(processExitsWith: .success) {
      for name in ["generic", "x86-64-v3", "x86-64-v4"] where NumericKernels.useInstructionSet(name) {
        #expect(NumericKernels.name.hasSuffix(name))
        for function in Transcendental.all {
          // Without fused operations a few results are a bit farther off.
          let worst = function.largestError(stride: 40_009)
          #expect(worst.ulps <= function.limit, "\(name) \(function.testDescription): \(worst)")
          TranscendentalTests().isRightAtTheEdges(function)
          TranscendentalTests().giveTheSameBitsWhereverTheElementStands(function)
        }
        for kernel in ActivationKernel.allCases {
          ActivationTests().agreesWithDouble(kernel)
          ActivationTests().backwardAgreesWithDouble(kernel)
        }
        ActivationTests().softmaxAgreesWithDouble()
        ActivationTests().softmaxOfHugeAndOfFarApartValues()
        for passage in Passage.all { NonfiniteTests().passes(passage) }
        RandomTests().dropoutMaskIsPhiloxAndScale()
        ReductionsTests().columnSums()
        for count in [0, 1, 3, 15, 16, 17, 65, 259] {
          ReductionsTests().finishGradient(count)
          ReductionsTests().finishGradientBeyondTheSquaresOfFloats(count)
          if count > 0 { ReductionsTests().finishGradientCountsAndShowsWhatIsNotFinite(count) }
          UpdatesTests().copies(count)
          for size: Float in [1, 1e30, 1e-30, 0] { UpdatesTests().apply(count, size) }
          for transform in Transform.all { UpdatesTests().agreesWithDouble(transform, count) }
        }
        for transform in Transform.all { UpdatesTests().doesNotDependOnTheCut(transform) }
        for count in lengths { UpdatesTests().adamInOnePassIsTheChain(count, 1) }
        for transposed in [false, true] { MultiplyTests().agreesWithDouble(transposed, !transposed) }
        MultiplyTests().agreesWithDouble(false, false)
        for shards in [1, 2, 3, 7, 8] { ProductSumTests().isTheSumAlongTheTree(shards) }
        ProductSumTests().doesNotDependOnTheCut()
        for subject in ConvolutionCase.all { ConvolutionTests().directSumsAreThoseOfTheLoops(subject) }
        for subject in ConvolutionCase.minimal { ConvolutionTests().minimalFilteringStaysBelowItsError(subject) }
      }
      #expect(NumericKernels.useInstructionSet(nil))
      #expect(!NumericKernels.useInstructionSet("no such"))
    }
  }
}
