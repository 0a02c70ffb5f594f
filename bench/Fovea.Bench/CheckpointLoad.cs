using System.Diagnostics;
using System.Globalization;
using Fovea.Models.Checkpoints;
using Fovea.Torch;
using TorchSharp;

namespace Fovea.Bench;

/// <summary>
/// Looks at a 7B model, loads it, its parameters mapped, and reads from each: time, and anonymous resident memory (what the process holds beside files).
/// </summary>
internal static class CheckpointLoad
{
    private const long ReadScalars = 1 << 20;

    /// <summary>Measures and prints; the checkpoint (13 GB of length, a few MB of disk) is written under the temporary folder and removed.</summary>
    public static void Run()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-bench-").FullName;
        try
        {
            var bytes = SparseCheckpoint.Write(folder);
            var before = ResidentAnonymous();
            var clock = Stopwatch.StartNew();
            var inspected = ModelInspection.Read(folder);
            var looked = clock.Elapsed;
            clock.Restart();
            using var model = ModelFolder.Load(folder, new LoadOptions { Type = DType.Auto, Mapped = true });
            var loaded = clock.Elapsed;
            var (count, scalars) = (0, 0L);
            foreach (var (_, parameter) in model.Parameters.All)
            {
                using var scope = torch.NewDisposeScope();
                count++;
                scalars += parameter.numel();
                parameter.view(-1).narrow(0, 0, Math.Min(parameter.numel(), ReadScalars)).sum(torch.ScalarType.Float32).item<float>();
            }

            if (scalars * 2 != bytes)
            {
                throw new InvalidOperationException($"{scalars} parameters loaded, {bytes} bytes written");
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"inspect: {inspected.Family}, {inspected.Parameters / 1e9:0.00} B parameters in {looked.TotalMilliseconds:0} ms\n"
                + $"load: {count} bf16 parameters, {bytes / 1e9:0.0} GB in {TensorSources.Files(folder).Count} shards, loaded "
                + $"in {loaded.TotalMilliseconds:0} ms; "
                + $"RssAnon {ResidentAnonymous() / 1e6:0} MB, {(ResidentAnonymous() - before) / 1e6:0} MB more than before"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long ResidentAnonymous() =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))["RssAnon:".Length..^"kB".Length],
            CultureInfo.InvariantCulture);
}
