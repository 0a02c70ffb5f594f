using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Stages;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Scores;
using Fovea.Data.Tokenizers;
using Fovea.Store;
using Fovea.Store.Export;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea export</c>: a corpus with its weights, for other trainers (docs/export.md).</summary>
internal static class ExportCommand
{
    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var images = CommonOptions.Images();
        var format = CommonOptions.Format();
        var model = new Option<string>("--model") { Description = "Model folder, for its tokenizer.", Required = true, HelpName = "DIR" };
        var weights = new Option<string>("--weights") { Description = "Weights file, or the folder that 'fovea select' wrote.", Required = true, HelpName = "W" };
        var imageTokens = Numbers.Option("--image-tokens", "Ids that one image becomes (576 for LLaVA-1.5; 1 where the trainer's processor expands them).", "N", 1, new Bounds<int>(AtLeast: 1));
        var maxLength = Numbers.Optional("--max-length", "Cut samples to this many tokens, before weights are scaled.", "N", new Bounds<int>(AtLeast: 1));
        var template = CommonOptions.Template();
        var file = new Option<string>("--out") { Description = "FILE.jsonl or FILE.parquet.", Required = true, HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace an existing file that holds something else." };
        var json = CommonOptions.Json();
        var command = new Command("export", "Writes id, input_ids, labels and loss_weights for other trainers.") { data, images, format, model, weights, imageTokens, maxLength, template, file, force, json };
        command.SetAction((parsed, _) => Guard.Run("fovea export", stop =>
        {
            MissingModel.Require(parsed.GetValue(model)!);
            var source = new DataSource { File = parsed.GetValue(data)!, Images = parsed.GetValue(images), Format = parsed.GetValue(format) };
            var corpus = ScoringCorpus.Open([source], parsed.GetValue(model)!, CorpusView.Image, parsed.GetValue(template)!, maxInvalid: int.MaxValue);
            var layout = new ExportLayout(ImageId(corpus.Tokenizer), parsed.GetValue(imageTokens), parsed.GetValue(maxLength));
            var export = new Export(corpus, WeightsFile.Read(SelectStage.WeightsOf(parsed.GetValue(weights)!)), layout, stop);
            var rows = ExportFile.Write(parsed.GetValue(file)!, export.Rows(), replace: parsed.GetValue(force));
            var result = new JsonObject { ["rows"] = rows, ["dropped"] = export.Dropped, ["invalid"] = export.Invalid, ["out"] = parsed.GetValue(file) };
            Console.WriteLine(parsed.GetValue(json) ? result.ToJsonString(StageManifest.Json) : $"{rows} rows; {export.Dropped} dropped and {export.Invalid} invalid samples left out: {parsed.GetValue(file)}");
        }));
        return command;
    }

    private static int ImageId(Tokenizer tokenizer) => tokenizer.IdOf("<image>") ?? tokenizer.VocabSize;

    /// <summary>Rows that are trained on, and counts of those that are not.</summary>
    private sealed class Export(ScoringCorpus corpus, WeightsFile weights, ExportLayout layout, CancellationToken stop)
    {
        public int Dropped { get; private set; }

        public int Invalid { get; private set; } = CorpusFiles.InvalidOf(corpus.Corpus).Count;

        public IEnumerable<ExportedSample> Rows()
        {
            foreach (var sample in corpus.Corpus.Samples)
            {
                stop.ThrowIfCancellationRequested();
                if (weights.Find(sample.Key) is { Status: SelectionStatus.Invalid })
                {
                    Invalid++;
                    continue;
                }

                var tokens = corpus.Encoder.Encode(sample);
                var row = weights.Lookup(tokens);
                if (row.Status == SelectionStatus.Dropped)
                {
                    Dropped++;
                    continue;
                }

                yield return ExportedSample.Of(tokens, row, weights.Normalization, layout);
            }
        }
    }
}
