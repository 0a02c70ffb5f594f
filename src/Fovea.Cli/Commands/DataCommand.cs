using System.CommandLine;
using System.Text.Json;
using Fovea.Cli.Stages;
using Fovea.Cli.Terminal;
using Fovea.Core.Errors;
using Fovea.Core.Provenance;
using Fovea.Data.Auditing;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea data audit</c>: what a corpus looks like to training, token by token.</summary>
internal static class DataCommand
{
    private const int DefaultSamples = 3;

    /// <summary>Describes the command.</summary>
    public static Command Create() => new("data", "Examines a corpus.") { Audit() };

    private static Command Audit()
    {
        var data = CommonOptions.Data();
        var images = CommonOptions.Images();
        var format = CommonOptions.Format();
        var model = new Option<string?>("--model") { Description = "Model folder in Hugging Face form, for its tokenizer and family.", HelpName = "DIR" };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "Tokenizer folder, in place of --model.", HelpName = "DIR" };
        var template = CommonOptions.Template(byFamily: true);
        var samples = Numbers.Option("--samples", "Number of samples to print.", "N", DefaultSamples, new Bounds<int>(AtLeast: 0));
        var seed = CommonOptions.Seed("Seed of the choice of samples.");
        var json = CommonOptions.Json();
        var command = new Command("audit", "Prints samples with the tokens that carry loss marked, and counts tokens, targets, images and unusable records.")
        {
            data, images, format, model, tokenizer, template, samples, seed, json,
        };
        command.SetAction((parsed, _) => Guard.Run("fovea data audit", stop =>
        {
            var folder = (parsed.GetValue(model), parsed.GetValue(tokenizer)) switch
            {
                ({ } m, null) => m,
                (null, { } t) => t,
                _ => throw new UsageException("expected one of --model and --tokenizer, got both or neither"),
            };
            if (parsed.GetValue(model) is { } given)
            {
                MissingModel.Require(given);
            }

            var source = new DataSource { File = parsed.GetValue(data)!, Images = parsed.GetValue(images), Format = parsed.GetValue(format) };
            var loaded = Tokenizer.Load(folder);
            var encoder = new SampleEncoder(loaded, TemplateChoice.ForModel(parsed.GetValue(template)!, folder, loaded));
            var audit = CorpusAudit.Of(Open(source), encoder, parsed.GetValue(samples), parsed.GetValue(seed) ?? 0, stop);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(Document(audit, source.File, folder, encoder), StageManifest.Json));
                return;
            }

            AuditReport.Show(new Screen(json: false).Results, audit);
        }));
        return command;
    }

    private static FileCorpus Open(DataSource source) => source.Format == DataFormat.Llava
        ? LlavaJsonCorpus.Open(source.File, source.ImageFolder, int.MaxValue)
        : CocoCaptionsCorpus.Open(source.File, source.ImageFolder, int.MaxValue);

    private static object Document(CorpusAudit audit, string file, string folder, SampleEncoder encoder) => new
    {
        metrics = new
        {
            records = audit.Records,
            valid = audit.Valid,
            tokens = audit.Tokens,
            targets = audit.Targets,
            images = audit.Images,
            longest_sample = audit.LongestSample,
            templates = audit.Templates,
            invalid = audit.Invalid.Select(i => new { reason = i.Reason, count = i.Count, first = i.First }),
        },
        samples = audit.Samples.Select(s => new
        {
            record = s.Sample.Key.Record,
            id = s.Sample.Id,
            template = s.Template,
            images = s.Sample.Images,
            text = s.Text,
            targets = s.Sample.TargetIndices.Length,
            tokens = s.Tokens.Select(t => new { id = t.Id, text = t.Text, loss = t.CarriesLoss }),
        }),
        run = new { data = file, tokenizer = folder, tokenizer_fingerprint = encoder.TokenizerFingerprint, template = encoder.Templates.Name, versions = BuildVersions.All() },
    };
}
