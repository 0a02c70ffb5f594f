namespace Fovea.Core.Provenance;

/// <summary>
/// The files beside a model that decide what comes of it, by part: whatever reads one of them by name takes the name from here, and
/// whatever records what a result was made of hashes them all. A file that is read and not listed here would change results unnoticed.
/// </summary>
public static class DecisiveFiles
{
    /// <summary>The model's configuration, of a vision tower in a folder of its own too.</summary>
    public const string Config = "config.json";

    /// <summary>Settings of generation: which ids end a text.</summary>
    public const string GenerationConfig = "generation_config.json";

    /// <summary>The image processor's settings.</summary>
    public const string PreprocessorConfig = "preprocessor_config.json";

    /// <summary>The same where Transformers 5 writes them.</summary>
    public const string ProcessorConfig = "processor_config.json";

    /// <summary>
    /// Of a tokenizer: its vocabulary, in whichever form, and what changes how it is used. The first of the three forms that is there is read.
    /// </summary>
    public static IReadOnlyList<string> Tokenizer { get; } =
        ["tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// <summary>Any of these makes a folder a tokenizer's.</summary>
    public static IReadOnlyList<string> Vocabularies { get; } = ["tokenizer.json", "tokenizer.model", "vocab.json"];

    /// <summary>Chat templates outside the tokenizer's files.</summary>
    public static IReadOnlyList<string> Template { get; } = ["chat_template.jinja", "chat_template.json"];

    /// <summary>Of the image processor.</summary>
    public static IReadOnlyList<string> ImageProcessor { get; } = [PreprocessorConfig, ProcessorConfig];

    /// <summary>Of a low-rank adapter: its shape, its weights in the forms that PEFT has written, and what LLaVA trains beside them.</summary>
    public static IReadOnlyList<string> Adapter { get; } =
        ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", "non_lora_trainables.bin"];

    /// <summary>Of a model's weights, in order of preference; an index names further files.</summary>
    public static IReadOnlyList<string> Weights { get; } =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All =>
        [Config, GenerationConfig, .. Tokenizer, .. Template, .. ImageProcessor, .. Adapter, .. Weights];
}
