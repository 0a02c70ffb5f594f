using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Store.Export;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea export</c>: a corpus with its weights, for other trainers (docs/export.md).</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var source = new CorpusOptions();
        var rename = CommonOptions.Rename();
        var model = new Option<string>("--model") { Description = "Model folder, for its tokenizer.", Required = true, HelpName = "DIR" };
        var weights =
            new Option<string>("--weights") { Description = "Weights file, or the folder that 'fovea select' wrote.", Required = true, HelpName = "W" };
        var imageTokens = Numbers.Option("--image-tokens", "Ids that one image becomes (576 for LLaVA-1.5; 1 where the trainer's processor expands them).", "N",
            1, new Bounds<int>(AtLeast: 1, AtMost: 1 << 16));
        var maxLength = Numbers.Optional("--max-length", "Cut samples to this many tokens, before weights are scaled.", "N", new Bounds<int>(AtLeast: 1));
        var template = CommonOptions.Template();
        var maxInvalid = CommonOptions.MaxInvalid();
        var onBadSample = CommonOptions.OnBadSample();
        var file = new Option<string>("--out", "-o") { Description = "FILE.jsonl or FILE.parquet.", Required = true, HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace an existing file that holds something else." };
        var json = CommonOptions.Json();
        return new Command("export", "Writes ids, labels and loss weights, with image, source and record of each sample, for other trainers.")
            .With([.. source.All, rename, model, weights, imageTokens, maxLength, template, maxInvalid, onBadSample, file, force, json]).Runs((parsed, stop) =>
        {
            MissingModel.Require(parsed.GetValue(model)!);
            var rows = WeightsFile.Read(SelectStage.WeightsOf(parsed.GetValue(weights)!));
            var limit = InvalidRecords.LimitOf(parsed.GetValue(onBadSample), parsed.GetValue(maxInvalid));
            var invalid = new InvalidRecords(limit, key => rows.Find(key) is { Status: SelectionStatus.Invalid });
            var corpus = ScoringCorpus.Open(Renamed.Apply([source.Source(parsed)], parsed.GetValue(rename)!), parsed.GetValue(model)!, CorpusView.Image,
                parsed.GetValue(template)!, invalid);
            var layout = new ExportLayout(corpus.Tokenizer.IdOf("<image>") ?? corpus.Tokenizer.VocabSize, parsed.GetValue(imageTokens),
                parsed.GetValue(maxLength));
            Write(new WeightedRows(corpus, rows, layout, stop), parsed.GetValue(file)!, parsed.GetValue(force), parsed.GetValue(json));
        });
    }

    private static void Write(WeightedRows export, string file, bool force, bool json)
    {
        var rows = ExportFile.Write(file, export.Rows(), replace: force);
        var list = Path.ChangeExtension(file, InvalidRecords.FileName);
        InvalidRecords.Write(list, export.Invalid.Records);
        Screen.Notice(export.Invalid.Summary(list));
        Console.WriteLine(json ? export.ToJson(rows, file).ToJsonString(StageManifest.Json)
            : $"{rows} rows; {export.Dropped} dropped and {export.Invalid.Records.Count} invalid samples left out: {file}");
    }
}
