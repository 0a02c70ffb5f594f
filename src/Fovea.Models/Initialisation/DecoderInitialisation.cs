using Fovea.Models.Families;
using TorchSharp;

namespace Fovea.Models.Initialisation;

/// <summary>Starts a model's decoder from another's: both papers begin with a trained language model.</summary>
public static class DecoderInitialisation
{
    /// <summary>Copies embedding, blocks, norm and head from one decoder into another.</summary>
    /// <exception cref="FoveaException">The decoders differ in shape; all differences are listed.</exception>
    public static void CopyDecoder(DecoderModel from, DecoderModel to)
    {
        var pairs = Decoders.Decoder.Specs(to.Decoder.Config, "")
            .Select(s => (From: Name(from, s.Name), To: Name(to, s.Name))).ToList();
        var problems = pairs.Where(p => !from.Parameters.Contains(p.From)).Select(p => $"missing {p.From}")
            .Concat(pairs.Where(p => from.Parameters.Contains(p.From)
                    && !from.Parameters[p.From].shape.AsSpan().SequenceEqual(to.Parameters[p.To].shape))
                .Select(p => $"{p.From} is [{string.Join(", ", from.Parameters[p.From].shape)}], expected [{string.Join(", ", to.Parameters[p.To].shape)}]"))
            .ToList();
        if (from.Decoder.Config.NumLayers != to.Decoder.Config.NumLayers)
        {
            problems.Insert(0, $"{from.Decoder.Config.NumLayers} layers, expected {to.Decoder.Config.NumLayers}");
        }

        if (problems.Count > 0)
        {
            throw new FoveaException($"the decoder of {from.Family} does not fit that of {to.Family}: {string.Join("; ", problems.Take(10))}");
        }

        using var noGrad = torch.no_grad();
        foreach (var (fromName, toName) in pairs)
        {
            to.Parameters[toName].copy_(from.Parameters[fromName]);
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
