using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>Ids of SOLO's image tokens: <c>&lt;vision&gt;</c>, <c>&lt;vpatch&gt;</c>, <c>&lt;vrow_sep&gt;</c>, <c>&lt;/vision&gt;</c>.</summary>
public sealed record VisionTokenIds(int Vision, int Patch, int RowSeparator, int VisionEnd);

/// <summary>A SOLO model (arXiv 2407.06438): a Mistral decoder that reads flattened patches through one linear map.</summary>
public sealed record SoloConfig
{
    /// <summary>The decoder.</summary>
    public required DecoderConfig Text { get; init; }

    /// <summary>Side of a patch, in pixels.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Ids of the image tokens.</summary>
    public required VisionTokenIds TokenIds { get; init; }

    /// <summary>
    /// Reads a SOLO <c>config.json</c>. The image tokens' ids stand in its <c>vision_token_ids</c> (an addition of Fovea), are given here,
    /// or come from the tokenizer beside it.
    /// </summary>
    /// <exception cref="InvalidInputException">Not such a file, or the ids are nowhere.</exception>
    public static SoloConfig Read(string file, VisionTokenIds? tokenIds = null) => ForeignJson.Read(file, json => Read(json, tokenIds));

    internal static SoloConfig Read(ForeignJson json, VisionTokenIds? tokenIds)
    {
        // Read also where other ids are given: a key that is known is not a foreign one.
        var stated = FromConfig(json);
        return new SoloConfig
        {
            Text = DecoderConfig.Read(json),
            PatchSize = json.WholeNumber("vision_patch_size", 32, most: ConfigLimits.MostPixels),
            TokenIds = tokenIds ?? stated ?? FromTokenizer(json.File),
        };
    }

    internal JsonObject Write()
    {
        var json = Text.Write("SoloForCausalLM");
        json["vision_patch_size"] = PatchSize;
        json["vision_token_ids"] = WriteIds();
        return json;
    }

    internal JsonObject WriteIds() => new()
    {
        ["vision"] = TokenIds.Vision,
        ["vpatch"] = TokenIds.Patch,
        ["vrow_sep"] = TokenIds.RowSeparator,
        ["vision_end"] = TokenIds.VisionEnd,
    };

    private static VisionTokenIds? FromConfig(ForeignJson json)
    {
        if (json.OptionalObject("vision_token_ids") is not { } ids)
        {
            return null;
        }

        int Id(string key) => ids.OptionalWholeNumber(key, 0) ?? throw ids.Error(key, "missing; expected a token id");
        return new VisionTokenIds(Id("vision"), Id("vpatch"), Id("vrow_sep"), Id("vision_end"));
    }

    private static VisionTokenIds FromTokenizer(string configFile)
    {
        var ids = AddedTokenIds.Read(Path.GetDirectoryName(Path.GetFullPath(configFile))!);
        int Id(string content) => ids.Find(content) ?? throw new InvalidInputException(configFile, null,
            $"no vision_token_ids, and no {content} among the added tokens of a tokenizer beside it; add vision_token_ids {{vision, vpatch, "
                + $"vrow_sep, vision_end}}");
        return new VisionTokenIds(Id("<vision>"), Id("<vpatch>"), Id("<vrow_sep>"), Id("</vision>"));
    }
}
