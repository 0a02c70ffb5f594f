using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Core.Scores;
using Fovea.Data.Corpora;
using Fovea.Data.Tokenizers;
using Fovea.Pipeline.Stages;
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
        var followLinks = CommonOptions.FollowLinks();
        var rename = CommonOptions.Rename();
        var model = new Option<string>("--model") { Description = "Model folder, for its tokenizer.", Required = true, HelpName = "DIR" };
        var weights = new Option<string>("--weights") { Description = "Weights file, or the folder that 'fovea select' wrote.", Required = true, HelpName = "W" };
        var imageTokens = Numbers.Option("--image-tokens", "Ids that one image becomes (576 for LLaVA-1.5; 1 where the trainer's processor expands them).", "N", 1, new Bounds<int>(AtLeast: 1));
        var maxLength = Numbers.Optional("--max-length", "Cut samples to this many tokens, before weights are scaled.", "N", new Bounds<int>(AtLeast: 1));
        var template = CommonOptions.Template();
        var maxInvalid = CommonOptions.MaxInvalid();
        var onBadSample = CommonOptions.OnBadSample();
        var file = new Option<string>("--out") { Description = "FILE.jsonl or FILE.parquet.", Required = true, HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace an existing file that holds something else." };
        var json = CommonOptions.Json();
        var command = new Command("export", "Writes ids, labels and loss weights, with image, source and record of each sample, for other trainers.")
        {
            data, images, format, followLinks, rename, model, weights, imageTokens, maxLength, template, maxInvalid, onBadSample, file, force, json,
        };
        command.SetAction((parsed, _) => Guard.Run("fovea export", stop =>
        {
            MissingModel.Require(parsed.GetValue(model)!);
            var source = new DataSource { File = parsed.GetValue(data)!, Images = parsed.GetValue(images), Format = parsed.GetValue(format), FollowLinks = parsed.GetValue(followLinks) };
            var rows = WeightsFile.Read(SelectStage.WeightsOf(parsed.GetValue(weights)!));
            var limit = InvalidRecords.LimitOf(parsed.GetValue(onBadSample), parsed.GetValue(maxInvalid));
            var invalid = new InvalidRecords(limit, key => rows.Find(key) is { Status: SelectionStatus.Invalid });
            var corpus = ScoringCorpus.Open(Renamed.Apply([source], parsed.GetValue(rename)!), parsed.GetValue(model)!, CorpusView.Image, parsed.GetValue(template)!, invalid);
            var layout = new ExportLayout(ImageId(corpus.Tokenizer), parsed.GetValue(imageTokens), parsed.GetValue(maxLength));
            Write(new Export(corpus, rows, layout, stop), parsed.GetValue(file)!, parsed.GetValue(force), parsed.GetValue(json));
        }));
        return command;
    }

    private static void Write(Export export, string file, bool force, bool json)
    {
        var rows = ExportFile.Write(file, export.Rows(), replace: force);
        var list = Path.ChangeExtension(file, InvalidRecords.FileName);
        InvalidRecords.Write(list, export.Invalid.Records);
        foreach (var line in export.Invalid.Summary(list))
        {
            Screen.Notice(line);
        }

        var result = new JsonObject
        {
            ["rows"] = rows,
            ["dropped"] = export.Dropped,
            ["invalid"] = export.Invalid.Records.Count,
            ["invalid_reasons"] = new JsonObject(export.Invalid.ByReason.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value))),
            ["out"] = file,
        };
        Console.WriteLine(json ? result.ToJsonString(StageManifest.Json) : $"{rows} rows; {export.Dropped} dropped and {export.Invalid.Records.Count} invalid samples left out: {file}");
    }

    private static int ImageId(Tokenizer tokenizer) => tokenizer.IdOf("<image>") ?? tokenizer.VocabSize;

    /// <summary>Rows that are trained on, and counts of those that are not.</summary>
    private sealed class Export(ScoringCorpus corpus, WeightsFile weights, ExportLayout layout, CancellationToken stop)
    {
        public int Dropped { get; private set; }

        public InvalidRecords Invalid => corpus.Invalid;

        public IEnumerable<ExportedSample> Rows()
        {
            foreach (var sample in corpus.Corpus.Samples)
            {
                stop.ThrowIfCancellationRequested();
                if (weights.Find(sample.Key) is { Status: SelectionStatus.Invalid } marked)
                {
                    Invalid.Note(sample.Key, marked.Reason ?? "marked as invalid by the weights");
                }
                else if (Row(sample) is { } row)
                {
                    yield return row;
                }
            }
        }

        private ExportedSample? Row(Core.Samples.Sample sample)
        {
            Core.Samples.TokenizedSample tokens;
            try
            {
                tokens = corpus.Encoder.Encode(sample);
            }
            catch (InvalidInputException e)
            {
                Invalid.Add(sample.Key, e);
                return null;
            }

            var row = weights.Lookup(tokens);
            if (row.Status == SelectionStatus.Dropped)
            {
                Dropped++;
                return null;
            }

            try
            {
                return ExportedSample.Of(tokens, row, weights.Normalization, layout);
            }
            catch (InvalidInputException e)
            {
                Invalid.Add(sample.Key, e);
                return null;
            }
        }
    }
}
