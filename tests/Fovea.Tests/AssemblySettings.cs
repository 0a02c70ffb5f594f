// One test at a time: tests use TorchSharp's own operators, whose numbers a collection started by another thread may free
// (docs/decisions/0004-garbage-collection.md).
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
