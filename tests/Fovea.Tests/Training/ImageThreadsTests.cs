using Fovea.Core.Errors;
using Fovea.Core.Watching;
using Fovea.Data.Corpora;
using Fovea.Torch;
using Fovea.Training.Examples;
using Fovea.Training.Running;
using Xunit;

namespace Fovea.Tests.Training;

/// <summary>Images are prepared during the step before, on any number of threads: nothing but time depends on it.</summary>
public sealed class ImageThreadsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImageThreadsTests() => TorchRuntime.Start(1);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Order_bits_and_notices_are_those_of_one_thread()
    {
        var one = Train(1, limit: 100);
        foreach (var threads in new[] { 0, 2, 5 })
        {
            var several = Train(threads, limit: 100);
            Assert.Equal(one.Model, several.Model);
            Assert.Equal(one.Metrics, several.Metrics);
            Assert.Equal(one.Notices, several.Notices);
        }

        Assert.Equal(2, one.Notices.Count(n => n.Contains("no picture", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_first_sample_in_order_that_cannot_be_used_stops_the_run(int threads)
    {
        // All images of the batch fail; which of them ends the run must not depend on which thread was first.
        var error = Assert.Throws<InvalidInputException>(() => Train(threads, limit: 0, broken: [.. Enumerable.Range(0, 30).Select(i => $"{i}.png")]));
        var first = Assert.Throws<InvalidInputException>(() => Train(1, limit: 0, broken: [.. Enumerable.Range(0, 30).Select(i => $"{i}.png")]));
        Assert.Equal((first.Record, first.Message), (error.Record, error.Message));
    }

    [Fact]
    public void A_run_is_resumed_with_another_number_of_threads()
    {
        var whole = Train(1, limit: 100);
        using var cancel = new CancellationTokenSource();
        var name = "resumed";
        Assert.Throws<OperationCanceledException>(() => Train(1, limit: 100, name: name, watch: new Watcher((done, _) =>
        {
            if (done == 7)
            {
                cancel.Cancel();
            }
        }), cancel: cancel.Token));
        Assert.Equal(whole.Model, Train(3, limit: 100, name: name).Model);
    }

    private (byte[] Model, string[] Metrics, IReadOnlyList<string> Notices) Train(
        int threads, int limit, string[]? broken = null, string? name = null, IProgressSink? watch = null, CancellationToken? cancel = null)
    {
        using var model = Small.Llava();
        var samples = Small.Samples(30, images: true);
        var job = new TrainingJob
        {
            Model = model,
            Set = TrainingSet.Unweighted(samples),
            Images = Small.Loader(samples, broken ?? ["4.png", "16.png"]),
            HeldOut = TrainingSet.Unweighted(samples.GetRange(6, 6)),
            HeldOutImages = Small.Loader(samples),
            Options = Small.Options with { EvalEvery = 5 },
            Invalid = new InvalidRecords(limit),
            ImageThreads = threads,
            Folder = _folder[name ?? $"{threads}-{limit}-{broken?.Length}-{Guid.NewGuid():N}"],
        };
        var summary = Trainer.Run(job, watch ?? new SilentProgress(), cancel ?? TestContext.Current.CancellationToken);
        var metrics = File.ReadAllLines(Path.Combine(job.Folder, "metrics.jsonl")).Select(WithoutTimes).ToArray();
        return (File.ReadAllBytes(Path.Combine(job.Folder, "model", "model.safetensors")), metrics, summary.Notices);
    }

    private static string WithoutTimes(string line)
    {
        var fields = System.Text.Json.Nodes.JsonNode.Parse(line)!.AsObject();
        foreach (var key in fields.Select(f => f.Key).Where(
            k => k.Contains("second", StringComparison.Ordinal) || k.EndsWith("_mib", StringComparison.Ordinal)).ToArray())
        {
            fields.Remove(key);
        }

        return fields.ToJsonString();
    }
}
