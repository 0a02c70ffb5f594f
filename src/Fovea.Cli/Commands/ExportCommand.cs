using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;
using Fovea.Store;
using Fovea.Store.Export;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea export</c>: a corpus with its weights, for other trainers and engines (docs/export.md).</summary>
internal static class ExportCommand
{
    private const string Auto = "auto", Levanter = "levanter", Conversations = "conversations", Prediction = "prediction";

    public static Command Create()
    {
        var source = new CorpusOptions("--data-format");
        var rename = CommonOptions.Rename();
        var model = new Option<string>("--model") { Description = "Model folder, for its tokenizer.", Required = true, HelpName = "DIR" };
        var weights = new Option<string?>("--weights") { Description = "Weights file, or the folder that 'fovea select' wrote (default: every target weighs 1).", HelpName = "W" };
        var format = Names.Option("--format", "What is written: auto by the ending of --out, jsonl and parquet rows of ids, labels and weights, levanter those of its prebuilt format, conversations the corpus's turns with weighted spans.",
            "FORM", [Auto, "jsonl", "parquet", Levanter, Conversations], "; the corpus's own form is --data-format");
        var textOnly = new Option<bool>("--text-only") { Description = "The text without images and their tags, as a text-only reference reads it (PRIOR)." };
        var align = Names.Option("--align", "Where the weight of a token stands: at the token, or at the position before it, which predicts it.", "WHERE", ["token", Prediction]);
        var pack = Numbers.Optional("--pack", "Several samples in a row of at most N tokens, to which each is cut.", "N", new Bounds<int>(AtLeast: 1));
        var imageTokens = Numbers.Option("--image-tokens", "Ids that one image becomes (576 for LLaVA-1.5; 1 where the trainer's processor expands them).", "N",
            1, new Bounds<int>(AtLeast: 1, AtMost: 1 << 16));
        var maxLength = Numbers.Optional("--max-length", "Cut samples to this many tokens, before weights are scaled.", "N", new Bounds<int>(AtLeast: 1));
        var template = CommonOptions.Template();
        var maxInvalid = CommonOptions.MaxInvalid();
        var onBadSample = CommonOptions.OnBadSample();
        var file = new Option<string>("--out", "-o") { Description = "FILE.jsonl or FILE.parquet.", Required = true, HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace an existing file that holds something else." };
        var json = CommonOptions.Json();
        return new Command("export", "Writes ids, labels and loss weights, with image, source and record of each sample, for other trainers and engines.")
            .With([.. source.All, rename, model, weights, format, align, pack, textOnly, imageTokens, maxLength, template, maxInvalid, onBadSample, file, force, json])
            .Runs((parsed, stop) =>
        {
            var request = new Request(parsed.GetValue(file)!, parsed.GetValue(format)!, parsed.GetResult(align) is { Implicit: false }
                ? parsed.GetValue(align) : null, parsed.GetValue(pack), parsed.GetValue(force));
            request.Check();
            MissingModel.Require(parsed.GetValue(model)!);
            var rows = parsed.GetValue(weights) is { } w ? WeightsFile.Read(SelectStage.WeightsOf(w)) : null;
            var limit = InvalidRecords.LimitOf(parsed.GetValue(onBadSample), parsed.GetValue(maxInvalid));
            var invalid = new InvalidRecords(limit, key => rows?.Find(key) is { Status: SelectionStatus.Invalid });
            var corpus = ScoringCorpus.Open(Renamed.Apply([source.Source(parsed)], parsed.GetValue(rename)!), parsed.GetValue(model)!,
                parsed.GetValue(textOnly) ? CorpusView.TextOnly : CorpusView.Image,
                parsed.GetValue(template)!, invalid);
            var longest = Math.Min(parsed.GetValue(maxLength) ?? int.MaxValue, parsed.GetValue(pack) ?? int.MaxValue);
            var layout = new ExportLayout(corpus.Tokenizer.IdOf("<image>") ?? corpus.Tokenizer.VocabSize, parsed.GetValue(imageTokens),
                longest < int.MaxValue ? longest : null);
            Write(request, new WeightedRows(corpus, rows, layout, stop), parsed.GetValue(json));
        });
    }

    private static void Write(Request request, WeightedRows export, bool json)
    {
        var rows = request.Write(export);
        var list = Path.ChangeExtension(request.File, InvalidRecords.FileName);
        InvalidRecords.Write(list, export.Invalid.Records);
        Screen.Notice(export.Invalid.Summary(list));
        Console.WriteLine(json ? export.ToJson(rows, request.File).ToJsonString(StageManifest.Json)
            : $"{rows} rows; {export.Dropped} dropped and {export.Invalid.Records.Count} invalid samples left out: {request.File}");
    }

    /// <summary>Which rows are asked for.</summary>
    private sealed record Request(string File, string Form, string? Align, int? Pack, bool Force)
    {
        private bool ByPrediction => Form == Levanter || Align == Prediction;

        public void Check()
        {
            if (Form is "jsonl" or "parquet" && Path.GetExtension(File) != "." + Form)
            {
                throw new UsageException($"--format {Form}: expected --out to end in .{Form}, got {File}");
            }

            if (Form == Levanter && (Align is not (null or Prediction) || Pack is not null))
            {
                throw new UsageException(Pack is not null
                    ? "--format levanter: leave --pack out; Levanter packs rows itself (pack: true in its data configuration)"
                    : "--format levanter: its weights are at the position that predicts; leave --align out, or give --align prediction");
            }

            if (Form == Conversations && (Align is not null || Pack is not null))
            {
                throw new UsageException("--format conversations: leave --align and --pack out; these rows have no positions");
            }
        }

        public int Write(WeightedRows export)
        {
            if (Form == Conversations)
            {
                return ExportFile.Write(File, export.Conversations(), replace: Force);
            }

            var rows = ByPrediction ? export.Rows().Select(r => r.ByPrediction()) : export.Rows();
            return Form == Levanter ? ExportFile.WriteLevanter(File, rows, Force)
                : Pack is { } capacity ? ExportFile.Write(File, PackedRow.Pack(rows, capacity), Force)
                : ExportFile.Write(File, rows, replace: Force);
        }
    }
}
