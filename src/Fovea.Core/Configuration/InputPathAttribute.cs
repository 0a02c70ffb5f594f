using System.Reflection;

namespace Fovea.Core.Configuration;

/// <summary>Marks a path, or a list of paths, that a stage reads: a plan checks that each is there, or is made by another of its stages.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class InputPathAttribute : Attribute
{
    /// <summary>The paths in a configuration, with their keys.</summary>
    /// <param name="config">The configuration, of the form of <paramref name="type"/>.</param>
    /// <param name="type">A stage's record, or one inside it.</param>
    public static IEnumerable<(string Key, ConfigNode Path)> Find(ConfigNode config, Type type) => Find(config, type, "", marked: false);

    private static IEnumerable<(string Key, ConfigNode Path)> Find(ConfigNode node, Type type, string key, bool marked) => node.Kind switch
    {
        JsonTokenType.String when marked => [(key, node)],
        JsonTokenType.StartArray when type.IsGenericType => node.Elements.SelectMany((e, i) => Find(e, type.GetGenericArguments()[0], $"{key}[{i}]", marked)),
        JsonTokenType.StartObject => from member in node.Members
                                     let property = type.GetProperties().FirstOrDefault(p => ConfigBinder.KeyOf(p) == member.Key)
                                     where property is not null
                                     from found in Find(member.Value, property.PropertyType, key.Length == 0 ? member.Key : $"{key}.{member.Key}",
                                         property.GetCustomAttribute<InputPathAttribute>() is not null)
                                     select found,
        _ => [],
    };
}
