using System.CommandLine;
using Fovea.Cli.Terminal;
using Fovea.Core.Configuration;
using Fovea.Data.Auditing;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea data audit</c>: what a corpus looks like to training, token by token.</summary>
internal static class DataCommand
{
    private const int DefaultSamples = 3;

    public static Command Create() => new("data", "Examines a corpus.") { new AuditOptions().Create() };

    private sealed class AuditOptions
    {
        private readonly CorpusOptions _corpus = new();
        private readonly Option<string?> _model =
            new("--model") { Description = "Model folder in Hugging Face form, for its tokenizer and family.", HelpName = "DIR" };
        private readonly Option<string?> _tokenizer = new("--tokenizer") { Description = "Tokenizer folder, in place of --model.", HelpName = "DIR" };
        private readonly Option<string> _template = CommonOptions.Template(byFamily: true);
        private readonly Option<int> _samples = Numbers.Option("--samples", "Number of samples to print.", "N", DefaultSamples, new Bounds<int>(AtLeast: 0));
        private readonly Option<int?> _record = Numbers.Optional("--record", "Print this record alone, by its index from 0; of an unusable one, the reason.",
            "N", new Bounds<int>(AtLeast: 0));
        private readonly Option<bool> _list = new("--list-invalid") { Description = "List every unusable record, in place of the first of each reason." };
        private readonly Option<bool> _decode = new("--decode-images") { Description = "Decode every image; otherwise each must only be there." };
        private readonly Option<int?> _maxInvalid = Numbers.Optional("--max-invalid",
            "Exit with 1 if more records than this are unusable (default: any number may be, but not all).", "N", new Bounds<int>(AtLeast: 0));
        private readonly Option<bool> _strict = new("--strict") { Description = "Exit with 1 if any record is unusable or there is any warning." };
        private readonly Option<long?> _seed = CommonOptions.Seed("Seed of the choice of samples.");
        private readonly Option<bool> _json = CommonOptions.Json();

        public Command Create() =>
            new Command("audit",
                "Prints samples with the tokens that carry loss marked; counts tokens, targets, images, lengths, unusable records and odd ones.")
                .With([.. _corpus.All, _model, _tokenizer, _template, _samples, _record, _list, _decode, _maxInvalid, _strict, _seed, _json]).Runs(Run);

        private void Run(ParseResult parsed, CancellationToken stop)
        {
            var folder = (parsed.GetValue(_model), parsed.GetValue(_tokenizer)) switch
            {
                ({ } m, null) => m,
                (null, { } t) => t,
                _ => throw new UsageException("expected one of --model and --tokenizer, got both or neither"),
            };
            if (parsed.GetValue(_model) is { } given)
            {
                MissingModel.Require(given);
            }

            var source = _corpus.Source(parsed);
            var loaded = Tokenizer.Load(folder);
            var encoder = new SampleEncoder(loaded, TemplateChoice.ForModel(parsed.GetValue(_template)!, folder, loaded));
            var corpus = CorpusFiles.OpenWhole(source, new InvalidRecords(int.MaxValue));
            var screen = new Screen(parsed.GetValue(_json));
            if (parsed.GetValue(_record) is { } record)
            {
                var seen = RecordAudit.Of(corpus, encoder, record, parsed.GetValue(_decode));
                screen.Show(() => AuditDocument.Of(seen), () => AuditReport.Show(screen.Results, seen));
                return;
            }

            var audit = CorpusAudit.Of(corpus, encoder, parsed.GetValue(_samples), parsed.GetValue(_seed) ?? 0, parsed.GetValue(_decode), stop);
            screen.Show(() => AuditDocument.Of(audit, source.File, folder, encoder, BuildVersions.All()),
                () => AuditReport.Show(screen.Results, audit, parsed.GetValue(_list)));
            AuditLimits.Require(audit, source.File, parsed.GetValue(_maxInvalid), parsed.GetValue(_strict));
        }
    }
}
