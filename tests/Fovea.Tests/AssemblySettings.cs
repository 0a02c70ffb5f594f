// One test at a time: a collection started by another thread may free a number that libtorch is reading (docs/decisions/0004-garbage-collection.md).
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
