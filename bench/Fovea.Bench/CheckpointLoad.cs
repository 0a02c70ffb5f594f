using System.Diagnostics;
using System.Globalization;
using Fovea.Models.Checkpoints;
using TorchSharp;

namespace Fovea.Bench;

/// <summary>Opens a 7B checkpoint, maps all tensors, and reads from each: time, and anonymous resident memory (what the process holds beside files).</summary>
internal static class CheckpointLoad
{
    /// <summary>Measures and prints; the checkpoint (13 GB of length, a few MB of disk) is written under the temporary folder and removed.</summary>
    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-bench-").FullName;
        try
        {
            var bytes = SparseCheckpoint.Write(folder);
            var before = ResidentAnonymous();
            var clock = Stopwatch.StartNew();
            using var source = TensorSources.Open(folder);
            var opened = clock.Elapsed;
            var tensors = source.Tensors.Keys.Select(n => source.Read(n, copy: false)).ToList();
            var mapped = clock.Elapsed;
            using (torch.NewDisposeScope())
            {
                foreach (var tensor in tensors)
                {
                    tensor.view(-1).narrow(0, 0, Math.Min(tensor.numel(), 1 << 20)).sum().item<float>();
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"load: {tensors.Count} bf16 tensors of {bytes / 1e9:0.0} GB in {TensorSources.Files(folder).Count} shards; headers checked in {opened.TotalMilliseconds:0} ms, all mapped after {mapped.TotalMilliseconds:0} ms; "
                + $"RssAnon {ResidentAnonymous() / 1e6:0} MB, of which {(ResidentAnonymous() - before) / 1e6:0} MB since before"));
            tensors.ForEach(t => t.Dispose());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long ResidentAnonymous() =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))["RssAnon:".Length..^"kB".Length], CultureInfo.InvariantCulture);
}
