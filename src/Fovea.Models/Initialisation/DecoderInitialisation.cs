using Fovea.Core.Errors;
using Fovea.Models.Families;
using TorchSharp;

namespace Fovea.Models.Initialisation;

/// <summary>Starts a model's decoder from another's: both papers begin with a trained language model.</summary>
public static class DecoderInitialisation
{
    /// <summary>Copies embedding, blocks, norm and head from one decoder into another.</summary>
    /// <exception cref="FoveaException">The decoders differ in shape; all differences are listed.</exception>
    public static void CopyDecoder(VisionLanguageModel from, VisionLanguageModel to)
    {
        if (from is not DecoderModel source || to is not DecoderModel target)
        {
            throw new FoveaException($"a decoder cannot be copied from {from.Family} to {to.Family}");
        }

        var pairs = Decoders.Decoder.Specs(target.Decoder.Config, "")
            .Select(s => (From: Name(source, s.Name), To: Name(target, s.Name))).ToList();
        var problems = pairs.Where(p => !source.Parameters.Contains(p.From)).Select(p => $"missing {p.From}")
            .Concat(pairs.Where(p => source.Parameters.Contains(p.From)
                    && !source.Parameters[p.From].shape.AsSpan().SequenceEqual(target.Parameters[p.To].shape))
                .Select(p => $"{p.From} is [{string.Join(", ", source.Parameters[p.From].shape)}], expected [{string.Join(", ", target.Parameters[p.To].shape)}]"))
            .ToList();
        if (source.Decoder.Config.NumLayers != target.Decoder.Config.NumLayers)
        {
            problems.Insert(0, $"{source.Decoder.Config.NumLayers} layers, expected {target.Decoder.Config.NumLayers}");
        }

        if (problems.Count > 0)
        {
            throw new FoveaException($"the decoder of {from.Family} does not fit that of {to.Family}: {string.Join("; ", problems.Take(10))}");
        }

        using var noGrad = torch.no_grad();
        foreach (var (fromName, toName) in pairs)
        {
            target.Parameters[toName].copy_(source.Parameters[fromName]);
        }
    }

    // A tied source has no separate head; its embedding serves an untied target.
    private static string Name(DecoderModel model, string bare)
    {
        if (bare == Decoders.Decoder.HeadName)
        {
            return model.Decoder.Config.TieWordEmbeddings ? model.Decoder.Prefix + "embed_tokens.weight" : bare;
        }

        return model.Decoder.Prefix + bare;
    }
}
