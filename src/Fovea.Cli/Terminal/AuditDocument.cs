using Fovea.Data.Auditing;
using Fovea.Data.Templates;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Terminal;

/// <summary>An audit as the JSON document of <c>--json</c>.</summary>
internal static class AuditDocument
{
    /// <summary>The whole audit.</summary>
    public static object Of(CorpusAudit audit, string file, string folder, SampleEncoder encoder) => new
    {
        metrics = new
        {
            records = audit.Records,
            valid = audit.Valid,
            text_only = audit.TextOnly,
            tokens = audit.Tokens,
            targets = audit.Targets,
            images = audit.Images,
            longest_sample = audit.LongestSample,
            lengths = audit.Lengths.Select(l => new { from = l.From, to = l.To, count = l.Count }),
            templates = audit.Templates,
            invalid = audit.Invalid.Select(i => new { reason = i.Reason, count = i.Count, first = i.First }),
            warnings = audit.Warnings.Select(w => new { name = w.Name, count = w.Count, examples = w.Examples }),
        },
        invalid_records = audit.InvalidRecords.Select(i => new { record = i.Key.Record, reason = i.Name, message = i.Reason }),
        samples = audit.Samples.Select(Sample),
        run = new { data = file, tokenizer = folder, tokenizer_fingerprint = encoder.TokenizerFingerprint, template = encoder.Templates.Name, versions = BuildVersions.All() },
    };

    /// <summary>One record.</summary>
    public static object Of(RecordAudit record) => new { record = record.Record, reason = record.Reason, json = record.Json, sample = record.Sample is { } sample ? Sample(sample) : null };

    private static object Sample(MarkedSample s) => new
    {
        record = s.Sample.Key.Record,
        id = s.Sample.Id,
        template = s.Template,
        images = s.Sample.Images,
        text = s.Text,
        targets = s.Sample.TargetIndices.Length,
        tokens = s.Tokens.Select(t => new { id = t.Id, text = t.Text, loss = t.CarriesLoss }),
    };
}
