using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Pipeline.Scores;
using Fovea.Pipeline.Stages;
using Fovea.Selection;
using Fovea.Store;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea select</c>: scores to kept samples and token weights.</summary>
internal static class SelectCommand
{
    private static readonly Bounds<decimal> Percent = new(Above: 0, AtMost: 100);

    public static Command Create()
    {
        var scores =
            new Option<string[]>("--scores") { Description = "Score store; repeat it to join stores of one corpus.", Required = true, HelpName = "STORE" };
        var reference = new Option<string?>("--reference-scores") { Description = "excess-loss: the reference model's store.", HelpName = "STORE" };
        var method =
            new Option<string>("--method") { Description = $"One of {string.Join(", ", Selectors.BuiltIn.Names)}, or a product such as prior*vig.", Required = true, HelpName = "METHOD" };
        var p = Numbers.Optional("--p", "Per cent kept: of the samples, or for excess-loss of the tokens (default: the method's; 70 for VIG and excess-loss, 15 for visnec).", "P", Percent);
        var tokenP = Numbers.Optional("--token-p", "VIG: a separate threshold on tokens, which this per cent of them pass.", "P", Percent);
        var tokenTau = Numbers.Optional<double>("--token-tau", "VIG: the threshold on tokens, in nats.", "NATS");
        var alpha = Numbers.Optional("--alpha", "PRIOR: exponent of 1 - p_ref (default: 1).", "A", new Bounds<double>(AtLeast: 0));
        var against =
            new Option<string?>("--against") { Description = "VIG: the visionless condition (default: the store's only one).", HelpName = "CONDITION" };
        var strict = new Option<bool>("--strict-paper") { Description = "Mask each answer's end token like any other token." };
        var groups = new SampleOptions();
        var like = new Option<string?>("--like") { Description = "random-*: the method whose choice is matched (default: vig).", HelpName = "METHOD" };
        var set = new Option<string[]>("--set") { Description = "An option of a single method, which --list shows with its default: --set temperature=0.5. Repeatable.", HelpName = "KEY=VALUE" };
        var explain = Numbers.Optional("--explain", "Then show this many samples, some kept and some dropped, token by token: numbers, weight, and what became of it.", "N", new Bounds<int>(AtLeast: 1));
        var rename = CommonOptions.Rename();
        var seed = CommonOptions.Seed("Seed of the random methods and of the clusters (default: 1).");

        var command =
            new Command("select", "Derives kept samples and token weights from scores.")
                .With([scores, reference, method, p, tokenP, tokenTau, alpha, against, strict, .. groups.All, like, set, explain, rename, seed]);
        command.Add(Listing.Option(Selectors.BuiltIn, "methods"));
        (Option Option, string Reads)[] uses =
        [
            (p, nameof(SelectorRequest.Percent)), (tokenP, nameof(SelectorRequest.TokenPercent)), (tokenTau, nameof(SelectorRequest.TokenTau)),
            (alpha, nameof(SelectorRequest.Alpha)), (against, nameof(SelectorRequest.Against)), (strict, nameof(SelectorRequest.StrictPaper)),
            (reference, nameof(SelectorRequest.HasReference)), (like, nameof(SelectorRequest.Like)), .. groups.Uses,
        ];
        var options = new StageOptions("Folder of the weights.")
        {
            Below = (parsed, stage, folder, stop) => parsed.GetValue(explain) is { } count ? Explain((SelectStage)stage, folder, count, stop) : [],
        };
        return options.AddTo(command, parsed =>
        {
            var methods = Methods(parsed.GetValue(method)!, "--method");
            var matched = parsed.GetValue(like);
            NoticeIdleOptions(parsed, [.. methods, .. matched is null ? [] : Methods(matched, "--like")], uses);
            return groups.AddTo(parsed, new SelectStage
            {
                Scores = parsed.GetValue(scores)!,
                ReferenceScores = parsed.GetValue(reference),
                Method = NameInConfigs(methods[0]),
                Times = [.. methods.Skip(1).Select(NameInConfigs)],
                P = parsed.GetValue(p),
                TokenP = parsed.GetValue(tokenP),
                TokenTau = parsed.GetValue(tokenTau),
                Alpha = parsed.GetValue(alpha) ?? 1,
                Against = parsed.GetValue(against),
                StrictPaper = parsed.GetValue(strict),
                Like = matched,
                Settings = Settings(parsed.GetValue(set)!),
                Renames = Renamed.Parse(parsed.GetValue(rename)!),
                Seed = parsed.GetValue(seed) ?? 1,
            });
        });
    }

    private static IEnumerable<string> Explain(SelectStage stage, string folder, int count, CancellationToken stop) =>
        new SelectionExplanation(stage.Scores, new JoinedStores(stage.Scores, stage.ReferenceScores, stage.Renames, stop),
            WeightsFile.Read(SelectStage.WeightsOf(folder))).Lines(count);

    private static Dictionary<string, string>? Settings(string[] pairs)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var cut = pair.IndexOf('=', StringComparison.Ordinal);
            if (cut <= 0 || !settings.TryAdd(pair[..cut].Trim(), pair[(cut + 1)..].Trim()))
            {
                throw new UsageException($"--set {pair}: expected KEY=VALUE, each key once");
            }
        }

        return settings.Count == 0 ? null : settings;
    }

    private static IReadOnlyList<SelectorDefinition> Methods(string product, string option)
    {
        try
        {
            return Selectors.BuiltIn.Parse(product);
        }
        catch (UsageException e)
        {
            throw new UsageException($"{option}: {e.Message}");
        }
    }

    private static string NameInConfigs(SelectorDefinition method) => method.Name.Replace('-', '_');

    // An option that changes nothing was perhaps meant to change something.
    private static void NoticeIdleOptions(ParseResult parsed, IReadOnlyList<SelectorDefinition> methods, (Option Option, string Reads)[] uses)
    {
        foreach (var (option, reads) in uses.Where(u => parsed.GetResult(u.Option) is { Implicit: false } && !methods.Any(m => m.Reads.Contains(u.Reads))))
        {
            var users = Selectors.BuiltIn.Where(m => m.Reads.Contains(reads)).Select(m => m.Name);
            Screen.Notice($"{option.Name} has no effect with --method {string.Join('*', methods.Select(m => m.Name))}; it is for {string.Join(", ", users)}");
        }
    }
}

/// <summary>The options of <c>fovea select</c> that tell it of samples what no score says: groups, and numbers that others made.</summary>
internal sealed class SampleOptions
{
    private readonly Option<string?> _groups = new("--groups") { Description = "File of samples (source, record) and groups to rank within: .csv, .tsv, .jsonl or .parquet.", HelpName = "FILE" };
    private readonly Option<string> _groupColumn = new("--group-column") { Description = "Its column of groups.", DefaultValueFactory = _ => "group", HelpName = "NAME" };
    private readonly Option<string?> _embeddings = new("--embeddings") { Description = "In place of --groups: embeddings (.npy, a row for each sample of the store in its order), clustered by k-means.", HelpName = "FILE" };
    private readonly NumberOption<int> _clusters = Numbers.Option("--clusters", "Number of clusters.", "K", 20, new Bounds<int>(AtLeast: 1));
    private readonly Option<string?> _scores = new("--sample-scores") { Description = "sample-scores: file of samples (source, record) and numbers of others.", HelpName = "FILE" };
    private readonly Option<string> _scoreColumn = new("--score-column") { Description = "Its column of numbers.", DefaultValueFactory = _ => "score", HelpName = "NAME" };

    public IReadOnlyList<Option> All => [_groups, _groupColumn, _embeddings, _clusters, _scores, _scoreColumn];

    public IEnumerable<(Option Option, string Reads)> Uses =>
    [
        (_groups, nameof(SelectorRequest.Groups)), (_embeddings, nameof(SelectorRequest.Groups)), (_scores, nameof(SelectorRequest.SampleScores)),
    ];

    public SelectStage AddTo(ParseResult parsed, SelectStage stage) => stage with
    {
        Groups = parsed.GetValue(_groups),
        GroupColumn = parsed.GetValue(_groupColumn)!,
        Embeddings = parsed.GetValue(_embeddings),
        Clusters = parsed.GetValue(_clusters),
        SampleScores = parsed.GetValue(_scores),
        ScoreColumn = parsed.GetValue(_scoreColumn)!,
    };
}
