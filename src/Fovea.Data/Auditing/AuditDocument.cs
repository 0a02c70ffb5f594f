using Fovea.Data.Templates;

namespace Fovea.Data.Auditing;

/// <summary>An audit as the JSON document of <c>--json</c>.</summary>
public static class AuditDocument
{
    /// <summary>The whole audit.</summary>
    /// <param name="audit">What was found.</param>
    /// <param name="file">In which corpus.</param>
    /// <param name="folder">With the tokenizer of which folder.</param>
    /// <param name="encoder">By which tokenizer and template.</param>
    /// <param name="versions">Of what found it, by name.</param>
    public static object Of(CorpusAudit audit, string file, string folder, SampleEncoder encoder, IReadOnlyDictionary<string, string> versions) => new
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
        run = new { data = file, tokenizer = folder, tokenizer_fingerprint = encoder.TokenizerFingerprint, template = encoder.Templates.Name, versions },
    };

    /// <summary>One record.</summary>
    public static object Of(RecordAudit record) =>
        new { record = record.Record, reason = record.Reason, json = record.Json, sample = record.Sample is { } sample ? Sample(sample) : null };

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
