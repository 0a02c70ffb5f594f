global using Xunit;

// Each test starts processes of its own; two at a time would fight for two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
