using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Text;
using Fovea.Pipeline.Findings;
using Fovea.Pipeline.Stages;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>The options of a command that runs one stage, and its run: progress, result, JSON.</summary>
/// <param name="artefact">What <c>--out</c> is the folder of.</param>
internal sealed class StageOptions(string artefact)
{
    private readonly Option<bool> _json = CommonOptions.Json();

    public Option<string> Out { get; } = CommonOptions.Out(artefact);

    /// <summary>Null for a stage that continues what its folder holds without being asked.</summary>
    public Option<bool>? Resume { get; init; }

    /// <summary>Null for work that uses one thread.</summary>
    public Option<int>? Threads { get; init; }

    public Option<int?>? ImageThreads { get; init; }

    public Option<bool>? AnyThreads { get; init; }

    public Option<bool>? OverMemory { get; init; }

    /// <summary>What is written below a result that people read; null for nothing.</summary>
    public Func<ParseResult, IStage, string, CancellationToken, IEnumerable<string>>? Below { get; init; }

    /// <summary>Adds the options to a command, which then runs what <paramref name="stage"/> makes of the command line.</summary>
    public Command AddTo(Command command, Func<ParseResult, IStage> stage) => command
        .With(new Option?[] { Out, Resume, Threads, ImageThreads, AnyThreads, OverMemory, _json }.OfType<Option>())
        .Runs((parsed, stop) => Run(parsed, stage(parsed), stop), Resume is null ? CommandWork.Continued : null);

    private void Run(ParseResult parsed, IStage stage, CancellationToken stop)
    {
        T? Given<T>(Option<T>? option) => option is null ? default : parsed.GetValue(option);
        var (screen, folder, threads) = (new Screen(parsed.GetValue(_json)), parsed.GetValue(Out)!, Threads is null ? 1 : parsed.GetValue(Threads));
        if (screen.IsInteractive)
        {
            // Before anything is loaded or hashed: the first progress may be a minute away.
            Screen.Notice($"{StageCatalog.TitleOf(stage.Kind)}: reading the inputs, into {folder}");
        }

        TorchRuntime.Start(threads);
        var file = Path.Combine(folder, StageManifest.FileName);
        var before = File.GetLastWriteTimeUtc(file);
        var manifest = StageProgress.Show(screen, progress =>
        {
            var context = new StageContext(folder, threads, progress, stop) { AnyThreadCount = Given(AnyThreads), AllowOverMemory = Given(OverMemory) };
            return StageRunner.Run(
                stage, Given(ImageThreads) is { } count ? context with { ImageThreads = count } : context, Resume is null || Given(Resume)
                    ? Existing.Continue : Existing.Refuse);
        });
        screen.Show(() => StageDocument.Of(manifest, folder), () =>
        {
            StageResults.Show(screen, manifest, folder);
            Screen.WriteLines(screen.Results, Below?.Invoke(parsed, stage, folder, stop) ?? []);
            Screen.Notice($"{StageCatalog.TitleOf(stage.Kind)} "
                + $"{(File.GetLastWriteTimeUtc(file) == before ? "was complete already; nothing was done" : $"complete in {Durations.InWords(manifest.Seconds)}")}: {folder}");
        });
    }
}
